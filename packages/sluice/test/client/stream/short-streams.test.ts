import { afterEach, describe, expect, it, vi } from "vitest";
import {
  type EventStream,
  type EventStreamOptions,
  openEventStream,
  type StreamState,
} from "../../../src/client/index.ts";
import type { Channel } from "../../../src/index.ts";
import { Site } from "../../support/site.ts";
import { until } from "../../support/until.ts";
import { QUICK } from "./support/quick.ts";

const LONG_MS = 60_000;

/** A server with a channel behind a proxy, which holds each response back until it ends while `holds` is true. */
class ProxiedSite implements AsyncDisposable {
  holds = true;
  readonly requests: string[] = [];
  /** When each of them was sent. */
  readonly requestedAt: number[] = [];
  readonly received: unknown[] = [];
  site!: Site;
  channel!: Channel;
  #published = 0;

  static async open(options: { shortStreams?: boolean | { wait?: number } } = {}): Promise<ProxiedSite> {
    const proxied = new ProxiedSite();
    proxied.site = await Site.open();
    proxied.channel = proxied.site.sluice.channel("news");
    proxied.site.source = proxied.channel.subscribe();
    proxied.site.options = { retry: 10, shortStreams: { wait: LONG_MS }, ...options };
    return proxied;
  }

  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    this.requests.push(new URL(url).search);
    this.requestedAt.push(performance.now());
    const response = await fetch(url, init);
    return this.holds ? new Response(await response.arrayBuffer(), response) : response;
  };

  connect(options: EventStreamOptions = {}, query = ""): EventStream {
    const url = `http://127.0.0.1:${this.site.port}/${query}`;
    const stream = openEventStream(url, { ...QUICK, fetch: this.fetch as typeof fetch, ...options });
    stream.on("n", (data) => this.received.push(data));
    return stream;
  }

  /** Connects with short streams from the beginning. The first attempt ends before the code for them is loaded. */
  async connectShort(options: EventStreamOptions = {}, query = "?sluice-short=1"): Promise<EventStream> {
    const stream = this.connect(options, query);
    await until("it has a position", () => stream.lastEventId !== "" && this.requests.length > 1);
    return stream;
  }

  async publish(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      await this.channel.publish("n", this.#published++);
      if (i % 3 === 0) await until("it has arrived", () => this.received.length === this.#published);
    }
    await until("all have arrived", () => this.received.length === this.#published);
    expect(this.received).toEqual(Array.from({ length: this.#published }, (_, i) => i));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.site[Symbol.asyncDispose]();
  }
}

/** Lets the time of timers and of `performance.now()` jump ahead. */
async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

describe("openEventStream() behind a proxy that holds responses back", () => {
  afterEach(() => void vi.useRealTimers());

  function stopTimers(): void {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"], shouldAdvanceTime: true });
  }

  it("asks for short streams after 5 s, and receives every event once, in one attempt", async () => {
    await using proxied = await ProxiedSite.open();
    stopTimers();
    const ends: unknown[] = [];
    await using stream = proxied.connect({ onAttemptEnd: (end) => void ends.push(end) });
    await until("the request has arrived", () => proxied.channel.stats().live === 1);
    await pass(5_000);
    await until("it has a position", () => stream.lastEventId !== "");
    const [first, second] = proxied.requestedAt as [number, number];
    expect(second - first).toBeGreaterThanOrEqual(5_000);
    const states: StreamState[] = [];
    stream.onStateChange((state) => states.push(state));
    await proxied.publish(10);
    expect(new Set(proxied.requests.slice(1))).toEqual(new Set(["?sluice-short=1"]));
    expect(proxied.requests[0]).toBe("");
    expect(proxied.requests.length).toBeGreaterThan(4);
    expect(ends).toEqual([{ type: "superseded", by: "held-back" }]);
    expect(states).toEqual([]);
  });

  it("receives nothing while the response is held if the option is off", async () => {
    await using proxied = await ProxiedSite.open();
    stopTimers();
    await using stream = proxied.connect({ shortStreams: false });
    await until("the request has arrived", () => proxied.channel.stats().live === 1);
    await pass(30_000);
    await proxied.channel.publish("n", 1);
    await pass(20_000);
    expect(proxied.received).toEqual([]);
    expect(stream.state).toBe("connecting");
    expect(proxied.requests).toEqual([""]);
  });

  it("notices that only the body is held back, in the first attempt and in later ones", async () => {
    await using proxied = await ProxiedSite.open();
    const fetchBody = async (url: string, init: RequestInit) => {
      const response = await proxied.fetch(url, init);
      return !url.includes("short") ? new Response(new ReadableStream(), response) : response;
    };
    proxied.holds = false;
    stopTimers();
    await using stream = proxied.connect({ fetch: fetchBody as typeof fetch });
    await until("the head has arrived", () => stream.state === "open");
    await pass(5_000);
    await until("it has asked for short streams", () => proxied.requests.includes("?sluice-short=1"));
    await until("it has a position", () => stream.lastEventId !== "");
    await proxied.publish(3);
    await pass(300_000);
    await proxied.channel.publish("n", 3);
    await until("it has tried the long form", () => proxied.requests.lastIndexOf("") > 0);
    await pass(5_000);
    await until("it has gone back", () => proxied.requests.at(-1) === "?sluice-short=1");
    await until("nothing is lost", () => proxied.received.length === 4);
  });

  it("tries the long form again after 5 minutes, and stays with it if it works", async () => {
    await using proxied = await ProxiedSite.open();
    stopTimers();
    await using stream = proxied.connect();
    await until("the request has arrived", () => proxied.channel.stats().live === 1);
    await pass(5_000);
    await until("it has a position", () => stream.lastEventId !== "");
    await proxied.publish(2);
    proxied.holds = false;
    await pass(300_000);
    await proxied.publish(2);
    await until("it has tried the long form", () => proxied.requests.at(-1) === "");
    const { length } = proxied.requests;
    await proxied.publish(3);
    expect(proxied.requests).toHaveLength(length);
  });

  it("does not ask for them if the first block comes in time, or in a POST", async () => {
    await using proxied = await ProxiedSite.open();
    proxied.site.options = { ...proxied.site.options, methods: ["GET", "POST"] };
    proxied.holds = false;
    stopTimers();
    await using stream = proxied.connect();
    await until("it is open", () => stream.state === "open" && stream.lastEventId !== "");
    proxied.holds = true;
    await using posted = proxied.connect({ method: "POST" });
    await until("both have arrived", () => proxied.channel.stats().live === 2);
    await pass(20_000);
    expect(proxied.requests).toEqual(["", ""]);
    expect([stream.state, posted.state]).toEqual(["open", "connecting"]);
  });

  it("waits as an ordinary stream if the server does not permit them", async () => {
    await using proxied = await ProxiedSite.open({ shortStreams: false });
    stopTimers();
    await using stream = proxied.connect();
    await until("the request has arrived", () => proxied.channel.stats().live === 1);
    await pass(5_000);
    await until("it has asked", () => proxied.requests.length === 2);
    await pass(20_000);
    expect(proxied.requests).toEqual(["", "?sluice-short=1"]);
    expect(stream.state).toBe("connecting");
  });

  it("keeps the query and the fragment of the URL, and asks for fresh headers with each request", async () => {
    await using proxied = await ProxiedSite.open();
    let asked = 0;
    await using _ = await proxied.connectShort(
      { headers: () => ({ "x-asked": `${++asked}` }) },
      "?a=x%20y&sluice-short=1#b",
    );
    await proxied.publish(5);
    expect(new Set(proxied.requests)).toEqual(new Set(["?a=x%20y&sluice-short=1"]));
    expect(asked).toBe(proxied.requests.length);
  });

  it("goes on at once after a short stream in which nothing came", async () => {
    await using proxied = await ProxiedSite.open({ shortStreams: { wait: 1_100 } });
    const ends: unknown[] = [];
    await using _ = await proxied.connectShort({ onAttemptEnd: (end) => void ends.push(end) });
    const { length } = ends;
    await until("some have ended", () => proxied.requests.length === 4);
    expect(ends).toHaveLength(length);
    await proxied.publish(2);
  });

  it("backs off if short streams end at once and do not move the position", async () => {
    await using proxied = await ProxiedSite.open();
    // The server ignores the position that the client sends.
    proxied.site.options = { ...proxied.site.options, lastEventId: "" };
    const ends: { type: string }[] = [];
    await using _ = await proxied.connectShort({ onAttemptEnd: (end) => void ends.push(end) });
    await until("attempts have ended", () => ends.length === 2);
    expect(ends[1]).toEqual({ type: "ended" });
    expect(proxied.requests.length).toBeLessThan(6);
  });

  it("reports a refusal of a later request as an ordinary attempt does", async () => {
    await using proxied = await ProxiedSite.open();
    await using stream = await proxied.connectShort({ onError: () => {} });
    await proxied.publish(3);
    await until("the next request waits", () => proxied.channel.stats().live === 1);
    proxied.site.source = () => {
      throw Object.assign(new Error("gone"), { status: 410 });
    };
    await proxied.channel.publish("n", 3);
    await until("the last event has come", () => proxied.received.length === 4);
    expect(await stream.closed).toMatchObject({ type: "status", status: 410, body: "gone" });
    expect(proxied.received).toEqual([0, 1, 2, 3]);
  });

  it("ends the request in flight when it closes, and sends no other", async () => {
    await using proxied = await ProxiedSite.open();
    const stream = await proxied.connectShort();
    await proxied.publish(3);
    await until("the next request waits", () => proxied.channel.stats().live === 1);
    const { length } = proxied.requests;
    await stream.close();
    await until("the server has noticed", () => proxied.channel.stats().subscribers === 0);
    expect(proxied.site.reasons.at(-1)).toBe("client");
    expect(proxied.requests).toHaveLength(length);
  });
});
