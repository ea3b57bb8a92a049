import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../../../../packages/sluice/test/support/until.ts";
import { PROTOCOLS, type Protocol, StreamClient } from "../clients/stream-client.ts";
import { ProxiedDesk, QUIET_STREAM, STREAM } from "../desks/proxied-desk.ts";
import { eventually } from "../eventually.ts";
import { type ProxyKind, ProxyProcess } from "../proxies/proxy-process.ts";
import { addedLatency } from "./added-latency.ts";

/** The tests allow five times the limits below, for busy machines, and print their measurements. */
const ALLOWANCE = 5;
const LEAVE_WHILE_LIVE_MS = 1_000;
const FIRST_EVENT_MS = 200;
const HEARTBEAT_MS = 15_000;
/** The time of the second heartbeat, and a few seconds for a busy machine. The third heartbeat comes later. */
const LEAVE_QUIET_MS = 2 * HEARTBEAT_MS + 6_000;
/** HAProxy without `http-no-delay` holds each event back for 200 ms. */
const HELD_BACK_MS = 180;
const EVENTS = 20;
const PACE_MS = 50;

export interface Expectations {
  readonly protocols?: readonly Protocol[];
  /** The time after which this proxy cuts a connection without traffic, in its usual configuration, in seconds. */
  readonly usualTimeoutS: number;
}

/** Tests that a stream of the desk keeps its promises behind a proxy with its shipped file. */
export function describeProxy(proxy: ProxyKind, { protocols = PROTOCOLS, usualTimeoutS }: Expectations): void {
  describe(`deploy/${proxy.files[0]}, in front of the desk`, () => {
    let desk: ProxiedDesk;
    let running: ProxyProcess;
    /** Quiet streams, opened at the start. `noticedMs`: time until the desk noticed that the client had left. */
    const quiet = new Map<Protocol, { stream: StreamClient; noticedMs: Promise<number> }>();
    let keys = 0;
    const newKey = () => `${proxy.program}${++keys}`;

    const open = (protocol: Protocol, { gzip = false, path = STREAM, lastEventId = "" } = {}) =>
      StreamClient.open(running, {
        protocol,
        gzip,
        path,
        headers: { ...desk.headers, ...(lastEventId !== "" && { "last-event-id": lastEventId }) },
      });

    beforeAll(async () => {
      desk = await ProxiedDesk.start({ compress: true });
      running = await ProxyProcess.start(proxy, { desks: [desk.port, desk.port] });
      // The waits for time-outs and heartbeats begin here and overlap with each other and with the other tests.
      for (const protocol of protocols) {
        const stream = await open(protocol, { path: QUIET_STREAM });
        const key = newKey();
        const leaving = await open(protocol, { path: `${QUIET_STREAM}?key=${key}` });
        const noticedMs = eventually("the desk lists the stream", () => desk.hasStream(key)).then(async () => {
          leaving.disconnect();
          const left = performance.now();
          await until("the desk notices", () => !desk.hasStream(key), LEAVE_QUIET_MS);
          return performance.now() - left;
        });
        noticedMs.catch(() => undefined);
        quiet.set(protocol, { stream, noticedMs });
      }
    });

    afterAll(async () => {
      for (const { stream } of quiet.values()) stream.disconnect();
      await running?.stop();
      await desk?.[Symbol.asyncDispose]();
    });

    describe.each(protocols.flatMap((protocol) => [false, true].map((gzip) => ({ protocol, gzip }))))(
      "over $protocol, gzip accepted: $gzip",
      ({ protocol, gzip }) => {
        it("delivers the first event at once, and each event before the next is published", async () => {
          const before = await desk.publish();
          await desk.publish();
          const directMs = await firstEventMs(desk, before);
          using stream = await open(protocol, { gzip, lastEventId: before });
          expect(stream.status).toBe(200);
          expect(stream.headers["content-type"]).toMatch(/^text\/event-stream/);
          expect(stream.headers["cache-control"]).toBe("no-cache, no-transform");
          await stream.next("orders");
          const firstMs = stream.events[0]!.at - stream.requestedAt;
          const delays: number[] = [];
          for (let i = 0; i < EVENTS; i++) {
            await wait(PACE_MS);
            const published = performance.now();
            await desk.publish();
            const { data, at } = await stream.next("orders");
            expect(data.n).toBe(desk.published);
            delays.push(at - published);
          }
          const median = delays.toSorted((a, b) => a - b)[EVENTS / 2]!;
          const encoding = stream.headers["content-encoding"] ?? "identity";
          console.log(
            `${proxy.name}, ${protocol}, ${encoding}: first event ${firstMs.toFixed(0)} ms after the request ` +
              `(direct ${directMs.toFixed(0)} ms), ` +
              `then each after ${median.toFixed(1)} ms at the median, ${Math.max(...delays).toFixed(0)} ms at most`,
          );
          expect(encoding).toBe(gzip ? "gzip" : "identity");
          expect(firstMs).toBeLessThan((FIRST_EVENT_MS + directMs) * ALLOWANCE);
          expect(median).toBeLessThan(HELD_BACK_MS);
        });
      },
    );

    describe.each(protocols)("over %s", (protocol) => {
      it("resumes after the last event ID without a loss and without a duplicate", async () => {
        const first = await open(protocol);
        await desk.publish();
        const { id, data } = await first.next("orders");
        first.close();
        for (let i = 0; i < 3; i++) await desk.publish();
        using second = await open(protocol, { lastEventId: id });
        await desk.publish();
        const numbers = [];
        for (let i = 0; i < 4; i++) numbers.push((await second.next("orders")).data.n - data.n);
        expect(numbers).toEqual([1, 2, 3, 4]);
        expect(second.events.map(({ type }) => type)).not.toContain("gap");
      });

      it("resumes after the last event ID in the query", async () => {
        const id = await desk.publish();
        await desk.publish();
        using stream = await open(protocol, { path: `${STREAM}?lastEventId=${id}` });
        expect((await stream.next("orders")).data.n).toBe(desk.published);
      });

      it("reports a gap to a client whose events are gone", async () => {
        using stream = await open(protocol, { lastEventId: "anotherlife-7" });
        expect((await stream.next("gap")).data).toMatchObject({ lastEventId: "anotherlife-7" });
      });

      it.each(["closes the stream", "closes the connection"])(
        "the desk notices within a second that a client %s while events flow",
        async (how) => {
          const key = newKey();
          const stream = await open(protocol, { path: `${STREAM}?key=${key}` });
          await eventually("the desk lists the stream", () => desk.hasStream(key));
          const publishing = setInterval(() => void desk.publish(), PACE_MS);
          try {
            await desk.publish();
            await stream.next("orders");
            const left = performance.now();
            if (how === "closes the stream") stream.close();
            else stream.disconnect();
            await eventually("the desk notices", () => !desk.hasStream(key));
            const noticedMs = performance.now() - left;
            console.log(`${proxy.name}, ${protocol}: a client ${how}, noticed after ${noticedMs.toFixed(0)} ms`);
            expect(noticedMs).toBeLessThan(LEAVE_WHILE_LIVE_MS * ALLOWANCE);
          } finally {
            clearInterval(publishing);
            stream.disconnect();
          }
        },
      );

      it("adds little to the time from publish to receive", async () => {
        const { direct, proxied } = await addedLatency(desk, running, protocol);
        const [p50, p99] = [proxied.p50 - direct.p50, proxied.p99 - direct.p99];
        console.log(
          `${proxy.name}, ${protocol}: adds ${p50.toFixed(1)} ms at p50 and ${p99.toFixed(1)} ms at p99 to ` +
            `publish → receive; direct ${direct.p50.toFixed(1)} and ${direct.p99.toFixed(1)} ms`,
        );
        expect(p50).toBeLessThan(HELD_BACK_MS);
      });
    });

    describe.each(protocols)("over %s, on a quiet stream", (protocol) => {
      it("the desk notices by the second heartbeat that the client has left", async () => {
        const ms = await quiet.get(protocol)!.noticedMs;
        console.log(`${proxy.name}, ${protocol}: a client left a quiet stream, noticed after ${ms.toFixed(0)} ms`);
        expect(ms).toBeLessThan(LEAVE_QUIET_MS);
      });

      it(`a client stays connected for longer than ${usualTimeoutS} s`, async () => {
        const { stream } = quiet.get(protocol)!;
        await wait(Math.max(0, stream.requestedAt + (usualTimeoutS + 5) * 1_000 - performance.now()));
        expect(stream.hasEnded).toBe(false);
        expect(stream.events).toEqual([]);
      });
    });
  });
}

/** Resolves to the time from a request to the desk itself until the first event after `lastEventId`, in ms. */
async function firstEventMs({ port, headers }: ProxiedDesk, lastEventId: string): Promise<number> {
  const request = { path: STREAM, headers: { ...headers, "last-event-id": lastEventId } };
  using stream = await StreamClient.open({ port, tlsPort: port }, request);
  const { at } = await stream.next("orders");
  return at - stream.requestedAt;
}
