import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type Channel,
  type CloseReason,
  createSluice,
  type Jobs,
  type Sluice,
  type Source,
  type StreamOptions,
} from "../../../src/index.ts";
import type { EventStreamReader } from "../../../src/testing/index.ts";
import { readEventStream } from "../../support/patient-testing.ts";
import { HandFed } from "./hand-fed.ts";

/** A route of the server under test. Returns the source of the answer for the last part of the path. */
// biome-ignore lint/suspicious/noExplicitAny: each server has its own type of request
export type Route = (id: string) => { readonly source: Source<any>; readonly options?: StreamOptions };

/**
 * Setup of a server under test. The server answers `/name/id` by the route of that name, and sets the headers
 * {@link ORIGIN} and {@link COOKIES} in the way of its framework. The error handling of its framework answers an error
 * with its `status`, or with 500, its message as text, and the header {@link HANDLED}. Every answer has {@link LATE}.
 */
export interface ServerSetup {
  readonly sluice: Sluice;
  readonly routes: Readonly<Record<string, Route>>;
}

export const ORIGIN = "https://desk.example";
const OWN = { "X-Desk": "own" };
/** Name of a header that only the error handling of the framework sets. */
export const HANDLED = "x-handled";
/** Name of a header that a hook or a middleware of the framework sets after the handler, on every answer. */
export const LATE = "x-late";
export const COOKIES: readonly string[] = ["theme=dark; Path=/", "seen=1; Path=/"];

/** A running server under test. */
export interface TestServer {
  fetch(
    path: string,
    init?: { method?: string; headers?: Record<string, string>; signal?: AbortSignal },
  ): Promise<Response>;
  /** Closes the server in the way of its framework. Resolves when it is closed. */
  close(): Promise<void>;
}

/** Differences between servers. */
export interface ContractOptions {
  /** True if closing the server drains its streams. Otherwise the test drains them first. */
  readonly drainsOnClose?: boolean;
  /** True if Sluice answers errors: there is no framework, or its adapter leaves them to Sluice. */
  readonly isBare?: boolean;
  /** False if nothing can set a header after the handler. Default: true. */
  readonly setsLate?: boolean;
}

type OrderEvents = { placed: { id: number }; cancelled: { id: number } };

/** The tests that every adapter passes. */
export function adapterContract(
  name: string,
  start: (setup: ServerSetup) => Promise<TestServer>,
  { drainsOnClose = false, isBare = false, setsLate = true }: ContractOptions = {},
): void {
  describe(name, () => {
    let sluice: Sluice;
    let server: TestServer;
    let orders: Channel<OrderEvents>;
    let exports: Jobs<number, string>;
    let handFed: HandFed<unknown>;
    let signal: AbortSignal | undefined;
    let closed: Promise<CloseReason>;
    const errors: unknown[] = [];

    beforeEach(async () => {
      errors.length = 0;
      sluice = createSluice({ onError: (error) => errors.push(error) });
      orders = sluice.channel<OrderEvents>("orders");
      exports = sluice.jobs("exports");
      handFed = new HandFed();
      let onClose: StreamOptions["onClose"];
      closed = new Promise((resolve) => {
        onClose = resolve;
      });
      const refused = async () => {
        throw Object.assign(new Error("Not for you."), { status: 403 });
      };
      const routes: Record<string, Route> = {
        fed: () => ({
          source: (context: { signal: AbortSignal }) => {
            signal = context.signal;
            return handFed;
          },
          options: { event: "tick", onClose: onClose as (reason: CloseReason) => void },
        }),
        orders: (user) => ({ source: orders.subscribe({ topics: [`user:${user}`] }) }),
        jobs: (id) => ({ source: exports.progress(id) }),
        refused: () => ({ source: refused, options: { headers: OWN } }),
        answered: () => ({ source: refused, options: { throws: "none" } }),
        "jobs-all": (id) => ({ source: exports.progress(id), options: { throws: "all" } }),
        "post-only": () => ({ source: () => null, options: { methods: ["POST"] } }),
        over: () => ({ source: () => null, options: { headers: OWN } }),
        misused: () => ({ source: 42 as unknown as Source }),
      };
      server = await start({ sluice, routes });
    });

    afterEach(async () => {
      await sluice.close();
      await server.close();
    });

    const open = async (path: string, lastEventId = "") => {
      const headers: Record<string, string> = lastEventId === "" ? {} : { "last-event-id": lastEventId };
      return readEventStream(await server.fetch(path, { headers }), { lastEventId });
    };
    const received = async (stream: EventStreamReader, count: number) =>
      (await stream.take(count)).map(({ type, data }) => [type, JSON.parse(data)]);

    it("streams each value of an async iterable at once, with the event type of the options", async () => {
      await using stream = await open("/fed/1");
      for (const value of ["one", { two: 2 }, null]) {
        handFed.give(value);
        const { type, data } = await stream.next();
        expect([type, data]).toEqual(["tick", typeof value === "string" ? value : JSON.stringify(value)]);
      }
      handFed.end();
      expect(await stream.rest()).toEqual([]);
      expect(await closed).toBe("source-ended");
    });

    it("sends the head before the first event", async () => {
      const response = await server.fetch("/fed/1");
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe("text/event-stream");
      expect(response.headers.get("cache-control")).toBe("no-cache, no-transform");
      await response.body?.cancel();
      expect(await closed).toBe("client");
    });

    it("replays the events after the last event ID, and continues with live events", async () => {
      const first = await open("/orders/ada");
      await orders.publish("placed", { id: 1 });
      const { lastEventId } = await first.next();
      await first.close();
      await orders.publish("placed", { id: 2 });
      await orders.publish("cancelled", { id: 1 });

      await using second = await open("/orders/ada", lastEventId);
      expect(await received(second, 2)).toEqual([
        ["placed", { id: 2 }],
        ["cancelled", { id: 1 }],
      ]);
      await orders.publish("placed", { id: 3 });
      expect(await received(second, 1)).toEqual([["placed", { id: 3 }]]);
    });

    it("starts a first request at the position in its query", async () => {
      const position = await orders.position();
      await orders.publish("placed", { id: 1 });
      await using stream = await open(`/orders/ada?lastEventId=${position}`);
      expect(await received(stream, 1)).toEqual([["placed", { id: 1 }]]);
    });

    it("sends each user the events of their topics only, live and replayed", async () => {
      const position = await orders.position();
      await orders.publish("placed", { id: 1 }, { topics: ["user:ada"] });
      await orders.publish("placed", { id: 2 }, { topics: ["user:bob"] });
      await using ada = await open("/orders/ada", position);
      await using bob = await open("/orders/bob", position);
      expect(await received(ada, 1)).toEqual([["placed", { id: 1 }]]);
      expect(await received(bob, 1)).toEqual([["placed", { id: 2 }]]);
      await orders.publish("cancelled", { id: 2 }, { topics: ["user:bob"] });
      await orders.publish("placed", { id: 3 });
      expect(await received(ada, 1)).toEqual([["placed", { id: 3 }]]);
      expect(await received(bob, 2)).toEqual([
        ["cancelled", { id: 2 }],
        ["placed", { id: 3 }],
      ]);
    });

    it("follows a job to its end, and answers 204 after it", async () => {
      let go!: () => void;
      const mayGo = new Promise<void>((resolve) => {
        go = resolve;
      });
      const { id } = exports.start(async ({ progress }) => {
        await progress(50);
        await mayGo;
        return "report.csv";
      });
      await using stream = await open(`/jobs/${id}`);
      expect(await received(stream, 1)).toEqual([["progress", 50]]);
      go();
      const [last] = await stream.rest();
      expect([last?.type, last?.data]).toEqual(["completed", "report.csv"]);
      const again = await server.fetch(`/jobs/${id}`, { headers: { "last-event-id": last?.lastEventId as string } });
      expect([again.status, await again.text()]).toEqual([204, ""]);
    });

    it("answers 404, without a stream, if the job is unknown", async () => {
      const response = await server.fetch("/jobs/unknown");
      expect(response.status).toBe(404);
      expect(response.headers.get("content-type")).toMatch("text/plain");
      expect(await response.text()).toContain('There is no job "unknown"');
    });

    it("answers with the status of an error that the source throws before the head", async () => {
      const response = await server.fetch("/refused/1");
      expect([response.status, await response.text()]).toEqual([403, "Not for you."]);
    });

    it("leaves an error of the source to the error handling of the framework, unless `throws` is none", async () => {
      const handled = await server.fetch("/refused/1");
      expect(handled.headers.has(HANDLED)).toBe(!isBare);
      const answered = await server.fetch("/answered/1");
      expect([answered.status, await answered.text()]).toEqual([403, "Not for you."]);
      expect(answered.headers.has(HANDLED)).toBe(false);
      await handled.text();
    });

    it("leaves refusals to the error handling of the framework if `throws` is all", async () => {
      const response = await server.fetch("/jobs-all/unknown");
      if (!isBare) expect(response.status).toBe(404);
      expect(response.headers.has(HANDLED)).toBe(!isBare);
      await response.text();
    });

    it.each([
      ["/over/1", 204],
      ["/refused/1", 403],
    ])("sends the own headers of the stream although it is not opened, for %s", async (path, status) => {
      const response = await server.fetch(path);
      expect([response.status, response.headers.get("x-desk")]).toEqual([status, "own"]);
      await response.body?.cancel();
    });

    it("answers 204 if the source is null", async () => {
      expect((await server.fetch("/over/1")).status).toBe(204);
    });

    it("leaves a wrong option to the error handling of the framework, and opens no stream", async () => {
      const response = await server.fetch("/misused/1");
      expect(response.status).toBe(500);
      await response.text();
      expect(sluice.stats()).toMatchObject({ opened: 0, streams: 0 });
    });

    it("aborts the signal of the source and calls return() if the subscriber leaves", async () => {
      const stream = await open("/fed/1");
      handFed.give("one");
      await stream.next();
      expect(signal?.aborted).toBe(false);
      await stream.close();
      await handFed.returned;
      expect(signal?.aborted).toBe(true);
      expect(await closed).toBe("client");
      expect(errors).toEqual([]);
    });

    it.each(["/fed/1", "/jobs/unknown"])("keeps the headers that were set before, for %s", async (path) => {
      const response = await server.fetch(path, { headers: { origin: ORIGIN } });
      expect(response.headers.get("access-control-allow-origin")).toBe(ORIGIN);
      expect(response.headers.getSetCookie()).toEqual(COOKIES);
      await response.body?.cancel();
    });

    it("answers an EventSource with a stream that ends, while it drains", async () => {
      await sluice.drain({ timeout: 0, pace: 0 });
      const response = await server.fetch("/fed/1", { headers: { accept: "text/event-stream" } });
      expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
      expect(response.headers.has(LATE)).toBe(setsLate);
      expect(await response.text()).toMatch(/^: .+\nretry: \d{4}\n\n$/);
    });

    if (setsLate) {
      it.each([
        ["/fed/1", 200],
        ["/fed/2", 200],
        ["/over/1", 204],
        ["/refused/1", 403],
        ["/answered/1", 403],
        ["/jobs/unknown", 404],
        ["/post-only/1", 405],
      ])("carries headers that are set after the handler, for %s", async (path, status) => {
        const response = await server.fetch(path);
        expect([response.status, response.headers.has(LATE)]).toEqual([status, true]);
        await response.body?.cancel();
      });

      it("carries headers that are set after the handler on 503, while it drains", async () => {
        await sluice.drain({ timeout: 0, pace: 0 });
        const response = await server.fetch("/fed/1");
        expect([response.status, response.headers.has(LATE)]).toEqual([503, true]);
        expect(response.headers.get("retry-after")).toMatch(/^\d$/);
        await response.text();
      });
    }

    it("closes while streams are open, and ends them", async () => {
      const streams = await Promise.all([open("/orders/ada"), open("/orders/bob"), open("/fed/1")]);
      const ended = Promise.all(streams.map((stream) => stream.rest()));
      if (!drainsOnClose) await sluice.drain({ timeout: 1_000, pace: 0 });
      await server.close();
      expect(await ended).toEqual([[], [], []]);
      expect(await closed).toBe("drained");
      expect(sluice.stats()).toMatchObject({ streams: 0, closed: { drained: 3 } });
    });
  });
}
