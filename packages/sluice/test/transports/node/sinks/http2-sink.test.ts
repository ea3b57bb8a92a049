import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { type CloseReason, createSluice, type NodeResponse } from "../../../../src/index.ts";
import { EndlessSource, ParkedSource } from "../../../support/sources.ts";
import { startServer } from "../../../support/test-server.ts";
import { until } from "../../../support/until.ts";
import { http2Carrier } from "../../support/carriers/http2-carrier.ts";
import { TransportSite } from "../../support/transport-site.ts";

describe("a stream on HTTP/2", () => {
  it("has no headers that belong to a connection", async () => {
    await using site = await TransportSite.open(http2Carrier);
    site.source = new ParkedSource();
    site.options = { headers: { "x-own": "1" } };
    const client = await site.get();
    expect(client.headers).toMatchObject({ "content-type": "text/event-stream", "x-own": "1" });
    for (const name of ["connection", "keep-alive", "transfer-encoding", "content-length"])
      expect(client.headers).not.toHaveProperty(name);
  });

  it("is released when it has stalled, even if its connection takes nothing at all", async () => {
    const sluice = createSluice({ stallTimeout: 150 });
    const source = new EndlessSource(16_000);
    let reason: CloseReason | undefined;
    let isClosed = false;
    await using server = await startServer((request, response) => {
      response.on("close", () => {
        isClosed = true;
      });
      void sluice.stream(request, response as NodeResponse, source).then((ended) => {
        reason = ended;
      });
    }, "http2");
    const socket = connect(server.port, "127.0.0.1");
    // Large windows, so that only the socket blocks the stream.
    const settings = { initialWindowSize: 2 ** 30 };
    const session = connectHttp2("http://localhost", { createConnection: () => socket, settings });
    session.on("error", () => undefined);
    session.on("connect", () => session.setLocalWindowSize(2 ** 30));
    const request = session.request();
    request.on("error", () => undefined);
    request.resume();
    await once(request, "response");
    (socket as unknown as { _handle: { readStop(): void } })._handle.readStop();
    await until("the stream has ended", () => reason !== undefined);
    expect(reason).toBe("stalled");
    await until("its response is closed", () => isClosed);
    await sluice.drain({ timeout: 60_000 });
    session.destroy();
  });
});
