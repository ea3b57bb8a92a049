import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lmdbLog } from "../../../src/logs/lmdb/lmdb-log.ts";
import type { Log } from "../../../src/logs/log.ts";
import { memoryLog } from "../../../src/logs/memory/memory-log.ts";
import { createSluice } from "../../../src/sluice.ts";
import { ReceivedStream } from "../../support/clients/received-stream.ts";
import { startServer } from "../../support/test-server.ts";

/** Half of the default high-water mark: the largest write. */
const WRITE_BYTES = 32 * 1024;

describe("events that are published together", () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-together-"));
  });

  afterAll(() => rm(folder, { recursive: true }));

  /** Opens a stream of a node, and publishes on the same node or another. `writes` has the events of each write. */
  async function publishTo({ node, publisher }: { node: Log; publisher?: Log }) {
    const sluice = createSluice({ log: node });
    const channel = sluice.channel("orders");
    const other = publisher === undefined ? undefined : createSluice({ log: publisher });
    const server = await startServer((req, res) => void sluice.stream(req, res, channel.subscribe()));
    const writes: number[][] = [];
    server.server.on("connection", (socket: Socket) => {
      const write = socket._write.bind(socket);
      socket._write = (bytes: Uint8Array, ...rest) => {
        const stream = new ReceivedStream();
        // The parser ignores the length of the chunk before the events.
        stream.push(bytes);
        const found = stream.events.map(({ data }) => Number.parseInt(data, 10));
        if (found.length > 0) writes.push(found);
        write(bytes, ...rest);
      };
    });
    const received = new ReceivedStream();
    const open = request({ port: server.port, host: "127.0.0.1" }, (res) =>
      res.on("data", (data) => received.push(data)),
    );
    open.on("error", () => undefined).end();
    await expect.poll(() => sluice.connections()).toHaveLength(1);
    const from = other?.channel("orders") ?? channel;
    await from.position();
    return {
      channel: from,
      writes,
      received,
      async [Symbol.asyncDispose]() {
        open.destroy();
        await sluice.close();
        await other?.close();
        await server[Symbol.asyncDispose]();
      },
    };
  }

  const filled = (n: number, bytes: number) => ({ type: "n", data: String(n).padEnd(bytes, "x") });
  const call = (first: number, count: number, bytes: number) =>
    Array.from({ length: count }, (_, i) => filled(first + i, bytes));
  const numbers = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i);

  const kinds: [string, () => { node: Log; publisher?: Log }][] = [
    ["on the same node", () => ({ node: memoryLog() })],
    [
      "on another node",
      () => {
        const path = join(folder, String(Math.random()));
        return { node: lmdbLog({ path }), publisher: lmdbLog({ path }) };
      },
    ],
  ];

  it.each(kinds)("reach a live subscriber in one write, %s", async (_, logs) => {
    await using world = await publishTo(logs());
    const { channel, writes, received } = world;
    await channel.publishAll(call(0, 20, 1_000));
    await expect.poll(() => received.events.length).toBe(20);
    expect(writes).toEqual([numbers(0, 20)]);
  });

  it.each(kinds)("get a write of their own if they do not fit behind earlier events, %s", async (_, logs) => {
    await using world = await publishTo(logs());
    const { channel, writes, received } = world;
    const calls = [call(0, 1, 30_000), call(1, 20, 1_000), call(21, 1, 10), call(22, 15, 2_000), call(37, 5, 1_000)];
    await Promise.all(calls.map((events) => channel.publishAll(events)));
    await expect.poll(() => received.events.length).toBe(42);
    for (const events of calls) {
      const all = events.map(({ data }) => Number.parseInt(data, 10));
      expect(writes.filter((write) => all.some((n) => write.includes(n)))).toHaveLength(1);
    }
    expect(writes.flat()).toEqual(numbers(0, 42));
  });

  it.each(kinds)("take several writes if they fit into none, %s", async (_, logs) => {
    await using world = await publishTo(logs());
    const { channel, writes, received } = world;
    await channel.publishAll(call(0, 20, WRITE_BYTES / 8));
    await expect.poll(() => received.events.length).toBe(20);
    expect(writes.flat()).toEqual(numbers(0, 20));
    expect(writes.length).toBeGreaterThan(1);
  });

  it("are one step of a replay if they fit", async () => {
    const sluice = createSluice({ log: memoryLog() });
    const channel = sluice.channel("orders");
    const start = await channel.position();
    const calls = [call(0, 1, 30_000), call(1, 20, 1_000), call(21, 1, 10), call(22, 15, 2_000)];
    for (const events of calls) await channel.publishAll(events);
    const writes: number[][] = [];
    const stream = await sluice.response(
      new Request("http://localhost", { headers: { "last-event-id": start } }),
      channel.subscribe(),
    );
    const reader = stream.body!.getReader();
    const received = new ReceivedStream();
    while (received.events.length < 37) {
      const before = received.events.length;
      const { value } = await reader.read();
      received.push(value!);
      writes.push(received.events.slice(before).map(({ data }) => Number.parseInt(data, 10)));
    }
    for (const events of calls) {
      const all = events.map(({ data }) => Number.parseInt(data, 10));
      expect(writes.filter((write) => all.some((n) => write.includes(n)))).toHaveLength(1);
    }
    await reader.cancel();
    await sluice.close();
  });
});
