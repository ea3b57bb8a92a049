import { afterEach, expect, it, vi } from "vitest";
import { type AttemptEnd, openEventStream } from "../../../../src/client/index.ts";
import { type RequestSettings, sendRequest } from "../../../../src/client/stream/attempt/send-request.ts";
import { until } from "../../../support/until.ts";

afterEach(() => void vi.unstubAllGlobals());

const neverSent = async () => new Response();

/** Returns the URL of a request from a page of another origin. */
async function requestedUrl(url: string, lastEventId: string): Promise<string> {
  vi.stubGlobal("location", { origin: "https://app.example" });
  const fetch = vi.fn<NonNullable<RequestSettings["fetch"]>>(neverSent);
  await sendRequest({ url: async () => new URL(url), fetch }, lastEventId, new AbortController().signal);
  return fetch.mock.calls[0]![0];
}

it.each([
  ["without a query", "https://a.example/s", "https://a.example/s?lastEventId=7"],
  ["with an empty query and a hash", "https://a.example/s?#top", "https://a.example/s?lastEventId=7#top"],
  [
    "with a query that the URL standard would encode otherwise",
    "https://a.example/s?q=a%20b&flag&s=(~)*'#top",
    "https://a.example/s?q=a%20b&flag&s=(~)*%27&lastEventId=7#top",
  ],
  ["with an older position", "https://a.example/s?lastEventId=6&b=1", "https://a.example/s?lastEventId=7&b=1"],
  [
    "with a parameter that contains its name",
    "https://a.example/s?next=/?lastEventId=6",
    "https://a.example/s?next=/?lastEventId=6&lastEventId=7",
  ],
])("adds the position to a URL %s, and leaves the rest as it is", async (_, url, expected) => {
  expect(await requestedUrl(url, "7")).toBe(expected);
});

it("encodes the position in a query", async () => {
  expect(await requestedUrl("https://a.example/", "a b&c=d+e#ü")).toBe(
    "https://a.example/?lastEventId=a+b%26c%3Dd%2Be%23%C3%BC",
  );
});

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
