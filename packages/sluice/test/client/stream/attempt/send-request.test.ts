import { expect, it, vi } from "vitest";
import { type AttemptEnd, openEventStream } from "../../../../src/client/index.ts";
import { until } from "../../../support/until.ts";

it("is not sent by another fetch if the stream has left the attempt while its functions worked", async () => {
  const fetch = vi.fn(() => new Promise<Response>(() => undefined));
  const resolvers: ((headers: Record<string, string>) => void)[] = [];
  const headers = () => new Promise<Record<string, string>>((resolve) => resolvers.push(resolve));
  await using stream = openEventStream("http://127.0.0.1:9/", { fetch, headers });
  await until("the first attempt asks for headers", () => resolvers.length === 1);
  stream.reconnect();
  await until("the second attempt asks for headers", () => resolvers.length === 2);
  resolvers[0]!({});
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(fetch).not.toHaveBeenCalled();
  resolvers[1]!({});
  await until("the second attempt sends its request", () => fetch.mock.calls.length === 1);
});

it.each(["url", "headers", "body"] as const)(
  "counts the time of the function for `%s` as time for the head",
  async (name) => {
    const ends: AttemptEnd[] = [];
    const pending = () => new Promise<never>(() => undefined);
    const url = name === "url" ? pending : "http://127.0.0.1:9/";
    await using _stream = openEventStream(url, {
      ...(name === "url" ? {} : { [name]: pending }),
      connectTimeout: 20,
      onAttemptEnd: (end) => void ends.push(end),
    });
    await until("the attempt has ended", () => ends.length === 1);
    expect(ends).toEqual([{ type: "silent", ms: 20 }]);
  },
);
