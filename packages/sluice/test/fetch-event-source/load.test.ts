import { expect, it, vi } from "vitest";
import { fetchEventSource } from "../../src/fetch-event-source/index.ts";
import { startScriptedServer } from "../../src/testing/index.ts";
import { block } from "../client/stream/support/quick.ts";

vi.mock("../../src/client/stream/load-rest.ts", () => ({
  loadRest: () => Promise.reject(new TypeError("Failed to fetch dynamically imported module")),
}));

it("fetchEventSource() needs no code that loads later", async () => {
  await using server = await startScriptedServer();
  const seen: unknown[] = [];
  const over = fetchEventSource(server.url, {
    onmessage: ({ data }) => void seen.push(data),
    onclose: () => void seen.push("closed"),
    onerror(error) {
      seen.push(error.status ?? "cut");
      return 1;
    },
  });
  const first = await server.next();
  await first.send(block(1));
  first.cut();
  (await server.next()).answer(503);
  const third = await server.next();
  expect(third.lastEventId).toBe("1");
  await third.send(block(2));
  third.end();
  await over;
  await Promise.all([fetchEventSource(server.url), server.next().then((connection) => connection.answer(204))]);
  expect(seen).toEqual(["1", "cut", 503, "2", "closed"]);
});
