import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { describe, expect, it } from "vitest";
import { createSluice, type NodeResponse } from "../../../../src/index.ts";
import { RawClient } from "../../../support/clients/raw-client.ts";
import { Site } from "../../../support/site.ts";
import { EndlessSource } from "../../../support/sources.ts";
import { until } from "../../../support/until.ts";
import { Tunnel } from "../../support/tunnel.ts";

describe("a stream on HTTP/1.1", () => {
  it("sends its head in one packet with the first block", async () => {
    await using site = await Site.open();
    site.source = site.sluice.channel("news").subscribe();
    const client = site.request({ keep: true });
    const packets: string[] = [];
    client.socket.on("data", (bytes) => packets.push(bytes.toString()));
    await until("a packet has arrived", () => packets.length > 0);
    expect(packets[0]).toMatch(
      /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n[0-9a-f]+\r\n: heartbeat=15000\nretry: \d+\nid: [0-9a-z]+-0\n\n\r\n$/,
    );
  });

  it("makes one write at a time, in order, on a stream that stands in for a socket", async () => {
    const sluice = createSluice();
    const source = new EndlessSource(8_000);
    const server = createServer((request, response) => {
      void sluice.stream(request, response as NodeResponse, source);
    });
    const tunnels: Tunnel[] = [];
    const outside = createTcpServer((socket) => {
      const tunnel = new Tunnel(socket);
      tunnels.push(tunnel);
      server.emit("connection", tunnel);
    });
    outside.listen(0, "127.0.0.1");
    await once(outside, "listening");
    using client = new RawClient((outside.address() as AddressInfo).port).send();
    await until("many events have arrived", () => client.stream.events.length > 1_000);
    const numbers = client.stream.events.map(({ data }) => Number.parseInt(data, 10));
    expect(numbers).toEqual(numbers.map((_, i) => i));
    expect(tunnels.map(({ overlaps }) => overlaps)).toEqual([0]);
    client.close();
    await until("the stream has ended", () => sluice.connections().length === 0);
    expect(source.returned).toBe(1);
    outside.close();
    await sluice.close();
  });

  it("gives its connection back if the client half-closed it and does not read the waiting bytes", async () => {
    await using site = await Site.open({ stallTimeout: 200, highWaterMark: 4_096 });
    site.source = new EndlessSource(16_000);
    const client = site.request({ paused: true });
    await until("the stream is blocked", () => site.sluice.connections()[0]?.state === "lagging");
    client.halfClose();
    await until("the stream has ended", () => site.reasons.length > 0);
    await until("its connection is gone", () => site.sockets.size === 0);
    expect(site.reasons).toEqual(["client"]);
  });
});
