import { connect } from "node:http2";
import { describe, expect, it } from "vitest";
import { type Connection, createSluice, type NodeResponse, type StreamOptions } from "../../src/index.ts";
import { Site } from "../support/site.ts";
import { EndlessSource, ParkedSource } from "../support/sources.ts";
import { startServer } from "../support/test-server.ts";
import { until } from "../support/until.ts";

describe("onClose", () => {
  function listen() {
    const addresses: (string | undefined)[] = [];
    const onClose = (_: unknown, connection: Connection | undefined) => void addresses.push(connection?.remoteAddress);
    return { addresses, options: { onClose } satisfies StreamOptions };
  }

  it.each(["close", "reset", "halfClose"] as const)(
    "receives the remote address of a client that left (%s)",
    async (leave) => {
      await using site = await Site.open({ heartbeat: 50 });
      const { addresses, options } = listen();
      site.options = options;
      site.source = new ParkedSource();
      const client = await site.get();
      client[leave]();
      await until("the end is reported", () => addresses.length === 1);
      expect(addresses).toEqual(["127.0.0.1"]);
    },
  );

  it("receives the remote address of a client that was cut as stalled", async () => {
    await using site = await Site.open({ stallTimeout: 100 });
    const { addresses, options } = listen();
    site.options = options;
    site.source = new EndlessSource(16_000);
    site.request({ paused: true });
    await until("the end is reported", () => addresses.length === 1);
    expect([site.reasons, addresses]).toEqual([["stalled"], ["127.0.0.1"]]);
  });

  it("receives the remote address of a client of HTTP/2 that left", async () => {
    const { addresses, options } = listen();
    await using sluice = createSluice();
    await using server = await startServer((request, response) => {
      void sluice.stream(request, response as NodeResponse, new ParkedSource(), options);
    }, "http2");
    for (const leave of ["stream", "session"]) {
      const session = connect(`http://127.0.0.1:${server.port}`).on("error", () => undefined);
      const stream = session.request().on("error", () => undefined);
      await new Promise((resolve) => stream.on("response", resolve));
      if (leave === "stream") stream.close(8);
      else session.destroy();
      await until("the end is reported", () => addresses.length === (leave === "stream" ? 1 : 2));
      session.destroy();
    }
    expect(addresses).toEqual(["127.0.0.1", "127.0.0.1"]);
  });
});
