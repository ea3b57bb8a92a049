import { execSync } from "node:child_process";
import { describe, expect, it, vi } from "vitest";
import type { RawClient } from "../../support/clients/raw-client.ts";
import { stopClock } from "../../support/clocks/clock.ts";
import { Site } from "../../support/site.ts";
import { EndlessSource, ParkedSource } from "../../support/sources.ts";
import { turns } from "../../support/turns.ts";
import { until } from "../../support/until.ts";

const RETRY = 1_000;
const SPREAD = 4_000;
const PACE = 1_000;
const STEP = 20;

/** 5,000 streams, or as many as this machine has file descriptors for: each takes two. */
function streamCount(): number {
  const limit = Number(execSync("ulimit -n", { encoding: "utf8" }).trim());
  return Number.isNaN(limit) ? 5_000 : Math.min(5_000, Math.floor((limit - 256) / 2));
}

const COUNT = streamCount();

describe("drain()", () => {
  it(`ends ${COUNT} streams one after another, each with its own reconnection time, and refuses new ones`, async () => {
    await using site = await Site.open({ retry: RETRY });
    const channel = site.sluice.channel("news");
    site.source = channel.subscribe();
    const clients: RawClient[] = [];
    while (clients.length < COUNT) {
      const batch = Array.from({ length: Math.min(250, COUNT - clients.length) }, () => site.request());
      await until("they are connected", () => batch.every(({ hasHead }) => hasHead));
      clients.push(...batch);
    }
    await until("all are live", () => channel.stats().live === COUNT);
    const order = site.sluice.connections().map(({ id }) => id);

    using clock = stopClock();
    let isDrained = false;
    const drained = site.sluice.drain({ pace: PACE, spread: SPREAD }).then(() => {
      isDrained = true;
    });
    expect(site.sluice.health()).toMatchObject({ status: "draining" });
    for (let passed = 0; passed < PACE; passed += STEP) {
      const left = site.sluice.connections().map(({ id }) => id);
      const due = Math.ceil((COUNT * (passed + STEP)) / PACE);
      expect(left.length).toBe(COUNT - due);
      expect(left).toEqual(order.slice(due));
      if (passed === PACE / 2) expect((await site.get()).response).toMatchObject({ status: 503 });
      vi.advanceTimersByTime(STEP);
      await turns(2);
    }
    expect(site.sluice.connections()).toEqual([]);
    clock[Symbol.dispose]();
    await drained;
    expect(isDrained).toBe(true);

    await until("all bodies have ended", () => clients.every(({ response }) => response.complete));
    const retries = clients.map(({ stream }) => stream.retries.at(-1) as number);
    expect(Math.min(...retries)).toBeGreaterThanOrEqual(RETRY);
    expect(Math.max(...retries)).toBeLessThanOrEqual(RETRY + SPREAD);
    // Evenly distributed: each quarter of the time has a fair share.
    for (let quarter = 0; quarter < 4; quarter++) {
      const from = RETRY + (quarter * SPREAD) / 4;
      const share = retries.filter((retry) => retry >= from && retry < from + SPREAD / 4).length / COUNT;
      expect(share).toBeGreaterThan(COUNT > 1_000 ? 0.2 : 0.1);
    }
    expect(site.sluice.stats().closed).toMatchObject({ drained: COUNT, client: 0 });
  });

  it("lets job streams finish, and resolves when they have", async () => {
    await using site = await Site.open();
    const exports_ = site.sluice.jobs<number, string>("exports");
    let finish = (_: string) => {};
    const { id } = exports_.start(
      () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
    );
    site.source = exports_.progress(id);
    const follower = await site.get();
    site.source = site.sluice.channel("news").subscribe();
    const other = await site.get();
    let isDrained = false;
    const drained = site.sluice.drain({ timeout: 60_000, pace: 0 }).then(() => {
      isDrained = true;
    });
    await until("the other has ended", () => other.response.complete);
    await turns(20);
    expect([follower.response.complete, isDrained]).toEqual([false, false]);
    finish("done");
    await until("the follower has the end", () => follower.response.complete);
    expect(follower.stream.events).toMatchObject([{ type: "completed", data: "done" }]);
    await drained;
    expect(site.reasons.sort()).toEqual(["drained", "source-ended"]);
  });

  it("ends unfinished job streams at the timeout, with a reconnection time", async () => {
    await using site = await Site.open();
    const exports_ = site.sluice.jobs<number, string>("exports");
    const { id } = exports_.start(() => new Promise(() => {}));
    site.source = exports_.progress(id);
    const follower = await site.get();
    await until("the follower's stream is open", () => follower.stream.retries.length === 1);
    await site.sluice.drain({ timeout: 60 });
    await until("the body has ended", () => follower.response.complete);
    expect(follower.stream.retries).toHaveLength(2);
    expect(site.reasons).toEqual(["drained"]);
  });

  it("cuts clients that do not read at the timeout", async () => {
    await using site = await Site.open();
    site.source = () => new EndlessSource(16_000);
    const readers = [site.request({ paused: true }), site.request({ paused: true })];
    await until("both are blocked", () => {
      const connections = site.sluice.connections();
      return connections.length === 2 && connections.every(({ state }) => state === "lagging");
    });
    await site.sluice.drain({ timeout: 100 });
    await until("their connections are gone", () => site.sockets.size === 0);
    expect(site.reasons).toEqual(["drained", "drained"]);
    for (const { response } of readers.filter(({ hasHead }) => hasHead)) expect(response.complete).toBe(false);
  });

  it("refuses requests whose source opens during it, and waits for a source until the timeout", async () => {
    await using site = await Site.open();
    const made = new ParkedSource();
    let make = () => {};
    let askedFirst = false;
    site.source = () => {
      askedFirst = true;
      return new Promise((resolve) => {
        make = () => resolve(made);
      });
    };
    const late = site.request();
    await until("the first source is requested", () => askedFirst);
    let asked = false;
    site.source = () => {
      asked = true;
      return new Promise(() => {});
    };
    const never = site.request();
    await until("the second source is requested", () => asked);
    const drained = site.sluice.drain({ timeout: 100 });
    make();
    await until("the first is refused", () => late.hasHead);
    expect(late.response).toMatchObject({ status: 503, headers: { "retry-after": expect.any(String) } });
    expect(made).toMatchObject({ pulls: 0, returned: 1 });
    await drained;
    await until("the second is refused", () => never.hasHead);
    expect(never.response.status).toBe(503);
    expect(site.reasons).toEqual(["refused", "refused"]);
    expect(site.errors).toEqual([]);
  });

  it("ends all streams within the timeout, even if the pace is longer", async () => {
    await using site = await Site.open();
    site.source = site.sluice.channel("news").subscribe();
    const clients = await Promise.all(Array.from({ length: 10 }, () => site.get()));
    await site.sluice.drain({ timeout: 200, pace: 600_000 });
    await until("all have ended", () => clients.every(({ response }) => response.complete));
  });

  it("resolves without streams, and the Sluice refuses new ones", async () => {
    await using site = await Site.open();
    await site.sluice.drain();
    expect((await site.get()).response.status).toBe(503);
    expect(site.sluice.health()).toEqual({ status: "draining", streams: 0 });
  });

  it("can be called again with a shorter timeout, as by a second signal", async () => {
    await using site = await Site.open();
    site.source = site.sluice.channel("news").subscribe();
    const clients = await Promise.all([site.get(), site.get(), site.get()]);
    const patient = site.sluice.drain({ timeout: 600_000, pace: 300_000 });
    await site.sluice.drain({ timeout: 0 });
    await until("all have ended", () => clients.every(({ response }) => response.complete));
    await patient;
    expect(site.reasons).toEqual(["drained", "drained", "drained"]);
  });
});

describe("close()", () => {
  it("ends everything at once, and later calls throw CLOSED", async () => {
    await using site = await Site.open();
    const channel = site.sluice.channel("news");
    site.source = channel.subscribe();
    const clients = await Promise.all(Array.from({ length: 20 }, () => site.get()));
    await site.sluice.close();
    await until("all bodies have ended", () => clients.every(({ response }) => response.complete));
    expect(new Set(site.reasons)).toEqual(new Set(["drained"]));
    expect(site.sluice.health()).toEqual({ status: "closed", streams: 0 });
    await expect(channel.publish("n", 1)).rejects.toMatchObject({ code: "CLOSED" });
    expect(() => site.sluice.channel("news")).toThrow(expect.objectContaining({ code: "CLOSED" }));
    expect((await site.get()).response.status).toBe(503);
    await site.sluice.close();
  });

  it("leaves no timer behind", async () => {
    await using site = await Site.open();
    using clock = stopClock();
    site.source = site.sluice.channel("news").subscribe();
    const client = await site.get();
    let isClosed = false;
    void site.sluice.close().then(() => {
      isClosed = true;
    });
    await until("the Sluice is closed", () => {
      vi.advanceTimersByTime(STEP);
      return isClosed && client.response.complete;
    });
    vi.advanceTimersByTime(10_000);
    expect(vi.getTimerCount()).toBe(0);
    clock[Symbol.dispose]();
  });
});
