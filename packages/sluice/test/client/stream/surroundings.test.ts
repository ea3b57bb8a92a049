import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openEventStream } from "../../../src/client/index.ts";
import { watchSurroundings } from "../../../src/client/stream/surroundings.ts";
import { startScriptedServer } from "../../../src/testing/index.ts";
import { stopClock } from "../../support/clocks/clock.ts";
import { until } from "../../support/until.ts";
import { block, QUICK } from "./support/quick.ts";

/** A page, as far as a stream watches it. */
class Page extends EventTarget {
  readonly document = Object.assign(new EventTarget(), { visibilityState: "visible" });

  show(visibilityState: "visible" | "hidden"): void {
    this.document.visibilityState = visibilityState;
    this.document.dispatchEvent(new Event("visibilitychange"));
  }

  tell(type: string): void {
    this.dispatchEvent(new Event(type));
  }
}

describe("the surroundings of a stream", () => {
  let page: Page;
  let calls: string[];
  let controller: AbortController;
  const stream = {
    renew: (by: string) => void calls.push(by),
    pause: (isPaused: boolean, by: string) => void calls.push(`${by}: ${isPaused ? "pause" : "resume"}`),
  };

  beforeEach(() => {
    page = new Page();
    calls = [];
    controller = new AbortController();
    vi.stubGlobal("document", page.document);
    vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  });
  afterEach(() => {
    controller.abort();
    vi.unstubAllGlobals();
  });

  it("renew it when the network is back", () => {
    watchSurroundings(stream, false, controller.signal);
    page.tell("online");
    expect(calls).toEqual(["online"]);
  });

  it("pause it while the page is in the back/forward cache", () => {
    watchSurroundings(stream, false, controller.signal);
    page.tell("pageshow");
    page.tell("pagehide");
    page.tell("pagehide");
    page.tell("pageshow");
    expect(calls).toEqual(["pagehide: pause", "pagehide: resume"]);
  });

  it("pause it while the page is hidden, only with the option, and until no other reason remains", () => {
    watchSurroundings(stream, false, controller.signal);
    page.show("hidden");
    page.show("visible");
    expect(calls).toEqual([]);
    watchSurroundings(stream, true, controller.signal);
    page.show("hidden");
    page.tell("pagehide");
    page.show("visible");
    expect(calls).toContain("hidden: pause");
    expect(calls.at(-1)).toBe("hidden: pause");
    page.tell("pageshow");
    expect(calls.at(-1)).toBe("pagehide: resume");
  });

  it.each([
    ["sleep, in which the steady clock stands still", 0],
    ["sleep, in which both clocks run", 20_000],
  ])("renew it after %s", (_, steady) => {
    using _clock = stopClock();
    watchSurroundings(stream, false, controller.signal);
    vi.advanceTimersByTime(60_000);
    expect(calls).toEqual([]);
    const now = performance.now.bind(performance);
    vi.setSystemTime(Date.now() + 20_000);
    vi.spyOn(performance, "now").mockImplementation(() => now() + steady);
    vi.advanceTimersByTime(60_000);
    expect(calls).toEqual(["wake"]);
    vi.restoreAllMocks();
  });

  it("do nothing if the wall clock is set back, or forward by a few seconds", () => {
    using _clock = stopClock();
    watchSurroundings(stream, false, controller.signal);
    for (const step of [-3_600_000, 4_000, -10]) {
      vi.setSystemTime(Date.now() + step);
      vi.advanceTimersByTime(20_000);
    }
    expect(calls).toEqual([]);
  });

  it("allow the timers of a hidden page to be late by a minute, until it is visible again", () => {
    using _clock = stopClock();
    watchSurroundings(stream, false, controller.signal);
    page.show("hidden");
    vi.setSystemTime(Date.now() + 60_000);
    page.show("visible");
    vi.advanceTimersByTime(20_000);
    expect(calls).toEqual([]);
    vi.setSystemTime(Date.now() + 60_000);
    vi.advanceTimersByTime(20_000);
    expect(calls).toEqual(["wake"]);
  });

  it("are watched no more once the stream is closed", () => {
    using _clock = stopClock();
    watchSurroundings(stream, true, controller.signal);
    controller.abort();
    expect(vi.getTimerCount()).toBe(0);
    for (const type of ["online", "pagehide", "pageshow"]) page.tell(type);
    page.show("hidden");
    watchSurroundings(stream, true, controller.signal);
    expect(vi.getTimerCount()).toBe(0);
    expect(calls).toEqual([]);
  });

  it("replace and pause the connection of a stream, which resumes from its position", async () => {
    await using server = await startScriptedServer();
    const listen = vi.fn(page.addEventListener.bind(page));
    vi.stubGlobal("addEventListener", listen);
    await using stream = openEventStream(server.url, QUICK);
    const seen: unknown[] = [];
    stream.on("n", (data) => seen.push(data));
    const first = await server.next();
    await until("the page is watched", () => listen.mock.calls.length === 3);
    await first.send(block(1));
    await until("the event has arrived", () => seen.length === 1);

    page.tell("online");
    const second = await server.next();
    expect(second.lastEventId).toBe("1");
    await first.gone();
    await second.send(block(2));
    await until("the next event has arrived", () => seen.length === 2);

    page.tell("pagehide");
    await second.gone();
    await until("the stream is paused", () => stream.state === "paused");
    stream.reconnect();
    page.tell("online");
    page.tell("pageshow");
    const third = await server.next();
    expect(third.lastEventId).toBe("2");
    expect(server.connections).toHaveLength(3);
    expect(seen).toEqual([1, 2]);
  });
});
