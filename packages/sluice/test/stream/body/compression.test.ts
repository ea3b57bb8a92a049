import { spawn } from "node:child_process";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { programPath } from "../../../../../scripts/programs/programs.mjs";
import type { RawClient } from "../../support/clients/raw-client.ts";
import { ReceivedStream } from "../../support/clients/received-stream.ts";
import { Site } from "../../support/site.ts";
import { turns } from "../../support/turns.ts";
import { until } from "../../support/until.ts";

const GZIP = { headers: { "accept-encoding": "gzip" }, keep: true };

/** Counts compressions in the zlib that Sluice uses. */
function countCompressions() {
  return vi.spyOn(process.getBuiltinModule("node:zlib"), "deflateRawSync");
}

afterEach(() => void vi.restoreAllMocks());

/** Reads a whole gzip body. Throws if its trailer is wrong. */
function read(body: Buffer): ReceivedStream {
  const seen = new ReceivedStream();
  seen.push(gunzipSync(body));
  return seen;
}

/** Long enough to be compressed instead of stored. */
const LONG = "x".repeat(200);

describe("compression", () => {
  it("of a flush happens once for 1,000 subscribers on all transports", async () => {
    await using site = await Site.open({ compress: true });
    const channel = site.sluice.channel("news");
    site.source = channel.subscribe();
    const clients = Array.from({ length: 300 }, () => site.request(GZIP));
    const readers: { body: number }[] = [];
    for (let i = 0; i < 700; i++) {
      const request = new Request("http://localhost/", GZIP);
      const response = await site.sluice.response(request, site.source);
      const reader = { body: 0 };
      readers.push(reader);
      void response.body!.pipeTo(
        new WritableStream({
          write: (bytes: Uint8Array) => {
            reader.body += bytes.length;
          },
        }),
      );
    }
    await until("all are live", () => channel.stats().live === 1_000);
    const compressed = countCompressions();
    for (let i = 0; i < 5; i++) {
      await channel.publish("n", `${i}`.repeat(200));
      await turns(3);
    }
    expect(site.sluice.stats().delivered).toBe(5_000);
    expect(compressed).toHaveBeenCalledTimes(5);
    // A burst is one flush.
    for (let i = 0; i < 50; i++) void channel.publish("n", i);
    await until("all events are delivered", () => site.sluice.stats().delivered === 55_000);
    expect(compressed).toHaveBeenCalledTimes(6);
    site.sluice.disconnect(() => true);
    await until("all bodies have ended", () => clients.every(({ response }) => response.complete));
    expect(compressed).toHaveBeenCalledTimes(6);
    for (const { stream } of clients) expect(read(stream.body).events).toHaveLength(55);
    expect(new Set(readers.map(({ body }) => body)).size).toBeLessThan(20);
  });

  it("happens once for each selection of events, and once for all selections that get the same events", async () => {
    await using site = await Site.open({ compress: true });
    const channel = site.sluice.channel("news");
    for (const topic of ["a", "b", "c"]) {
      site.source = channel.subscribe({ topics: [topic] });
      for (let i = 0; i < 10; i++) await site.get(GZIP);
    }
    await until("all are live", () => channel.stats().live === 30);
    const compressed = countCompressions();
    await channel.publish("n", LONG);
    await until("all events are delivered", () => site.sluice.stats().delivered === 30);
    expect(compressed).toHaveBeenCalledTimes(1);
    void channel.publish("n", LONG, { topics: ["a"] });
    void channel.publish("n", LONG, { topics: ["b"] });
    await until("all events are delivered", () => site.sluice.stats().delivered === 50);
    expect(compressed).toHaveBeenCalledTimes(3);
  });

  it("of heartbeats happens once", async () => {
    await using site = await Site.open({ compress: true, heartbeat: 40 });
    site.source = site.sluice.channel("news").subscribe();
    for (let i = 0; i < 20; i++) await site.get(GZIP);
    await until("all streams had a heartbeat", () => site.sluice.stats().heartbeats >= 20);
    const compressed = countCompressions();
    await until("all streams had three more", () => site.sluice.stats().heartbeats >= 80);
    expect(compressed).toHaveBeenCalledTimes(0);
  });

  it("stores short pieces, so that opening a stream costs no compression", async () => {
    await using site = await Site.open({ compress: true });
    const channel = site.sluice.channel("news");
    site.source = channel.subscribe();
    const compressed = countCompressions();
    await site.get(GZIP);
    await until("the stream is open", () => channel.stats().live === 1);
    expect(compressed).not.toHaveBeenCalled();
  });

  it("ends each piece with an empty stored block, stored pieces too, because Go passes bytes on there", async () => {
    await using site = await Site.open({ compress: true });
    const channel = site.sluice.channel("news");
    site.source = channel.subscribe();
    const client = await site.get(GZIP);
    const endsFlushed = () => client.stream.body.subarray(-5).toString("hex") === "000000ffff";
    await until("the first piece ends", endsFlushed);
    for (const data of ["short", LONG]) {
      const { length } = client.stream.body;
      await channel.publish("n", data);
      await until(`the piece of ${data} ends`, () => client.stream.body.length > length && endsFlushed());
    }
  });

  it("does not happen for clients that do not request it", async () => {
    await using site = await Site.open({ compress: true });
    const channel = site.sluice.channel("news");
    const compressed = countCompressions();
    site.source = channel.subscribe();
    const client = await site.get();
    await channel.publish("n", 1);
    await until("the event has arrived", () => client.stream.events.length === 1);
    expect(compressed).not.toHaveBeenCalled();
  });

  it("gives subscribers of different times the same pieces, and each a complete body", async () => {
    await using site = await Site.open({ compress: true });
    const channel = site.sluice.channel<{ n: number }>("news");
    site.source = channel.subscribe();
    const clients: RawClient[] = [];
    for (let i = 0; i < 60; i++) {
      if (i % 10 === 0) {
        clients.push(await site.get(GZIP));
        await until("the stream is live", () => channel.stats().live === clients.length);
      }
      await channel.publish("n", i);
      await turns(2);
    }
    // A subscriber that resumes gets pieces of its own, and then the shared ones.
    const lastEventId = (await channel.history({ limit: 40 })).events[0]!.id;
    clients.push(await site.get({ ...GZIP, headers: { ...GZIP.headers, "last-event-id": lastEventId } }));
    await until("the stream is live", () => channel.stats().live === clients.length);
    await channel.publish("n", 60);
    await turns(5);
    site.sluice.disconnect(() => true);
    await until("all bodies have ended", () => clients.every(({ response }) => response.complete));
    const numbers = (from: number) => Array.from({ length: 61 - from }, (_, i) => from + i);
    expect(clients.map(({ stream }) => read(stream.body).data)).toEqual([
      ...[0, 10, 20, 30, 40, 50].map(numbers),
      numbers(21),
    ]);
  });

  it("of a source's events can be read by any gunzip, to the last byte", async () => {
    await using site = await Site.open({ compress: true });
    const lines = Array.from({ length: 2_000 }, (_, i) => `${i} ${"ž🐎".repeat(i % 97)}`);
    site.source = async function* () {
      for (const line of lines) {
        yield line;
        if (line.startsWith("7")) await turns(1);
      }
    };
    const client = await site.get(GZIP);
    await until("the body has ended", () => client.response.complete);
    expect(read(client.stream.body).events.map(({ data }) => data)).toEqual(lines);
  });
});

describe.skipIf(programPath("curl") === undefined)("curl --compressed", () => {
  it("prints each event as soon as it is published", async () => {
    await using site = await Site.open({ compress: true });
    const channel = site.sluice.channel("news");
    site.source = channel.subscribe();
    const url = `http://127.0.0.1:${site.port}/`;
    const curl = spawn(programPath("curl") as string, ["--silent", "--no-buffer", "--compressed", "--include", url]);
    let printed = "";
    curl.stdout.setEncoding("utf8").on("data", (text) => {
      printed += text;
    });
    const exited = new Promise((resolve) => curl.on("exit", resolve));
    try {
      await until("the stream is live", () => channel.stats().live === 1);
      for (let i = 0; i < 5; i++) {
        await channel.publish("n", `event ${i}`);
        await until("the event is printed", () => printed.includes(`data: event ${i}\n\n`));
      }
      expect(printed).toMatch(/^content-encoding: gzip\r$/m);
      site.sluice.disconnect(() => true);
      // Neither 61 (bad content encoding) nor 18 (partial body).
      expect(await exited).toBe(0);
    } finally {
      curl.kill();
    }
  });
});
