import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { useEventStream, useEvents } from "../../src/react/index.ts";
import { startScriptedServer } from "../../src/testing/index.ts";
import { turns } from "../support/turns.ts";

describe("the hooks on a server", () => {
  function Orders({ url }: { url: string }) {
    const stream = useEventStream(url, { headers: { accept: "text/event-stream" } });
    const count = useEvents(stream, "placed", (total: number) => total + 1, 7);
    const last = useEvents(stream, "placed", (_: unknown, data) => data);
    return `${stream.state} ${stream.lastEvent} ${stream.gap} ${stream.error} ${count} ${last}`;
  }

  it("render the state before the first event, and open nothing", async () => {
    await using server = await startScriptedServer();
    const timers = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    for (let page = 0; page < 3; page++)
      expect(renderToString(createElement(Orders, { url: server.url }))).toBe(
        "connecting undefined undefined undefined 7 undefined",
      );
    await turns(20);
    expect(server.connections).toHaveLength(0);
    const left = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    expect(left).toBeLessThanOrEqual(timers);
  });

  it("name the argument that is no stream of useEventStream()", () => {
    for (const stream of [undefined, null, {}, "/api/orders"]) {
      const Wrong = () => useEvents(stream as never, "gap", () => 1, 0);
      expect(() => renderToString(createElement(Wrong))).toThrow("Expected a valid stream, but got");
    }
  });

  it("take a URL that is relative to the page", () => {
    expect(renderToString(createElement(Orders, { url: "/api/orders" }))).toContain("connecting");
  });
});
