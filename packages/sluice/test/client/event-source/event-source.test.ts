import { describe, expect, it } from "vitest";
import { EventSource } from "../../../src/client/index.ts";
import { startScriptedServer } from "../../../src/testing/index.ts";

describe("EventSource", () => {
  it("opens, receives events, and resumes after a cut with its last event ID", async () => {
    await using server = await startScriptedServer();
    const source = new EventSource(server.url);
    const log: unknown[] = [];
    source.onopen = () => log.push(["open", source.readyState]);
    source.onmessage = ({ data, lastEventId }) => log.push([data, lastEventId]);
    source.onerror = () => log.push(["error", source.readyState]);
    const first = await server.next();
    await first.send("retry: 10\nid: 1\ndata: a\n\ndata: b\n\ndata: unfini");
    first.cut();
    const second = await server.next();
    expect(second.lastEventId).toBe("1");
    await second.answer(204);
    await expect.poll(() => source.readyState).toBe(EventSource.CLOSED);
    expect(log).toEqual([
      ["open", 1],
      ["a", "1"],
      ["b", "1"],
      ["error", 0],
      ["error", 2],
    ]);
  });
});
