import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Channel } from "../../src/channel/channel.ts";
import { CLUSTER_CHANNEL, type ClusterCommands, COMMANDS_CHANNEL } from "../../src/cluster/cluster-events.ts";
import { Commands } from "../../src/cluster/commands.ts";
import { WALL_CLOCK_ERROR_MS } from "../../src/cluster/node-clocks.ts";
import { BEATS_PER_TIMEOUT } from "../../src/cluster/nodes.ts";
import type { NewEntry } from "../../src/logs/log.ts";
import { openWorld } from "../channel/support/channel-world.ts";
import { until } from "../support/until.ts";
import { NodesWorld, type TestNode } from "./support/nodes-world.ts";

let world: NodesWorld;
let a: TestNode;
let b: TestNode;

beforeEach(async () => {
  world = new NodesWorld();
  [a, b] = [await world.node(), await world.node()];
});

afterEach(() => world.close());

/** Opens a stream of a user on the channel `orders` of a node. */
const openFor = (user: string, { sluice, open }: TestNode) =>
  open(sluice.channel("orders").subscribe(), "", { subscriber: { user } });

/** Resolves when both nodes know each other. */
async function acquainted(): Promise<void> {
  for (const { sluice } of [a, b]) await sluice.channel("orders").position();
  for (const node of [a, b]) await expect.poll(() => node.sluice.presence("orders").nodes).toBe(2);
}

/** Fills a channel of the log with entries, as other nodes would. */
async function fill(channel: string, count: number, entry: (n: number) => NewEntry): Promise<void> {
  const log = await world.store.open().open(channel, { retain: { events: 1, bytes: 1, age: 1 } });
  const page = 1_000;
  for (let n = 0; n < count; n += page) await log.append(Array.from({ length: page }, (_, i) => entry(n + i)));
}

const beat = (n: number): NewEntry => ({
  type: "beat",
  data: JSON.stringify({ node: `n${n % 50}`, timeout: 1_000, at: n, channels: [] }),
  json: true,
});

const command = (n: number): NewEntry => ({
  type: "disconnect",
  data: JSON.stringify({ node: "n", selector: { user: `user ${n}` }, given: { at: 0, time: Date.now() } }),
  json: true,
});

/** Time that a beat takes from one node to another on a busy machine. A node cannot place a command more exactly. */
const SLOWEST_BEAT_MS = 100;

/** A `nodeTimeout` at which the beats of a node are in time on a busy machine, in ms. */
const STEADY_TIMEOUT_MS = 2_000;
/** The wall clock of a node is wrong by this time, in ms. */
const WRONG_BY_MS = -600_000;

/** Calls a function while the wall clock is set by `step` ms. */
async function withClock(step: number, work: () => Promise<unknown>): Promise<void> {
  const { now } = Date;
  const clock = vi.spyOn(Date, "now").mockImplementation(() => now() + step);
  try {
    await work();
  } finally {
    clock.mockRestore();
  }
}

async function passed(ms: number): Promise<void> {
  const start = performance.now();
  await until(`${ms} ms have passed`, () => performance.now() > start + ms);
}

/** True if the channel still reaches a stream. */
async function isOpen(stream: Awaited<ReturnType<typeof openFor>>): Promise<boolean> {
  await a.sluice.channel("orders").publish("ping", 1);
  return (await stream.take(1)).length === 1;
}

describe("a node that was cut off from the log", () => {
  it("executes a disconnect when it is back, however many beats the other nodes sent meanwhile", async () => {
    const stream = await openFor("ada", b);
    await using other = await openFor("ben", b);
    await acquainted();
    b.log.isCut = true;
    await a.sluice.disconnect({ user: "ada" }, { cluster: true });
    await fill(CLUSTER_CHANNEL, 20_000, beat);
    b.log.isCut = false;
    expect(await stream.rest()).toEqual([]);
    expect(await isOpen(other)).toBe(true);
    expect(b.sluice.stats().closed.disconnected).toBe(1);
  });

  it("does not end a stream that was opened after the disconnect was given", async () => {
    const old = await openFor("ada", b);
    await acquainted();
    b.log.isCut = true;
    const refused = b.beats().refused;
    await until("some beats of the node are lost", () => b.beats().refused > refused + BEATS_PER_TIMEOUT);
    const older = await openFor("ada", b);
    await a.sluice.disconnect({ user: "ada" }, { cluster: true });
    await passed(SLOWEST_BEAT_MS);
    await using newer = await openFor("ada", b);
    await until("more beats are lost", () => b.beats().refused > refused + 2 * BEATS_PER_TIMEOUT);
    b.log.isCut = false;
    await old.rest();
    await older.rest();
    expect(await isOpen(newer)).toBe(true);
    expect(b.sluice.stats()).toMatchObject({ streams: 1, closed: { disconnected: 2 } });
  });

  it("ends a stream whose request arrived before the disconnect, though its source was opened after it", async () => {
    await acquainted();
    b.log.isCut = true;
    const source = openingSource();
    const opening = b.open(source.open, "", { subscriber: { user: "ada" } });
    await source.isCalled;
    await passed(SLOWEST_BEAT_MS);
    await a.sluice.disconnect({ user: "ada" }, { cluster: true });
    await passed(SLOWEST_BEAT_MS);
    source.finish();
    const stream = await opening;
    b.log.isCut = false;
    expect(await stream.rest()).toEqual([]);
  });

  it("does not end a newer stream if the node that gave the disconnect started and closed meanwhile", async () => {
    const old = await openFor("ada", b);
    await acquainted();
    b.log.isCut = true;
    const c = await world.node();
    await c.sluice.disconnect({ user: "ada" }, { cluster: true });
    await c.sluice.close();
    await passed(2 * WALL_CLOCK_ERROR_MS);
    await using newer = await openFor("ada", b);
    b.log.isCut = false;
    await old.rest();
    expect(await isOpen(newer)).toBe(true);
  });

  it("ends a stream that is older than the disconnect of a new node with a wrong clock", async () => {
    await acquainted();
    b.log.isCut = true;
    const refused = b.beats().refused;
    await until("a beat of the node is lost", () => b.beats().refused > refused + 1);
    const older = await openFor("ada", b);
    const c = await world.node();
    await withClock(WRONG_BY_MS, () => c.sluice.disconnect({ user: "ada" }, { cluster: true }));
    b.log.isCut = false;
    expect(await older.rest()).toEqual([]);
  });

  it("ends all its streams, and reports it, if it missed more commands than the log keeps", async () => {
    const streams = [await openFor("ada", b), await openFor("ben", b)];
    await acquainted();
    b.log.isCut = true;
    await a.sluice.disconnect({ user: "ada" }, { cluster: true });
    await fill(COMMANDS_CHANNEL, 11_000, command);
    b.log.isCut = false;
    for (const stream of streams) await stream.rest();
    expect(b.errors).toContainEqual(
      expect.objectContaining({ code: "LOG_FAILED", message: expect.stringContaining("All its streams ended") }),
    );
    await using after = await openFor("ada", b);
    expect(await isOpen(after)).toBe(true);
  });

  it("leaves the event loop to others while it executes many commands", async () => {
    const { channel } = await openWorld();
    await Promise.all(Array.from({ length: 100 }, (_, n) => channel.publish("disconnect", { node: "a", n })));
    let executed = 0;
    const disconnect = () => {
      executed++;
      const end = performance.now() + 1;
      while (performance.now() < end);
    };
    const setup = { node: "b", givenBy: () => 0, knows: () => true, disconnect, report: () => undefined };
    const commands = new Commands({ ...setup, channel: channel as unknown as Channel<ClusterCommands> });
    await until("the first is executed", () => executed > 0);
    expect(executed).toBeLessThan(100);
    await until("all are executed", () => executed === 100);
    await commands.close();
  });
});

describe("a disconnect on all nodes", () => {
  it("ends a stream that is older than the node's connection to the log", async () => {
    world.store.reachable = false;
    const c = await world.node();
    c.log.isCut = true;
    world.store.reachable = true;
    const stream = await c.open(() => neverEnding(), "", { subscriber: { user: "ada" } });
    await a.sluice.disconnect({ user: "ada" }, { cluster: true });
    c.log.isCut = false;
    expect(await stream.rest()).toEqual([]);
  });

  it("refuses a request whose source is still being opened on another node", async () => {
    await acquainted();
    const source = openingSource();
    const closed: unknown[] = [];
    const answer = b.status(source.open, "", { subscriber: { user: "ada" }, onClose: (reason) => closed.push(reason) });
    await source.isCalled;
    await a.sluice.disconnect({ user: "ada" }, { cluster: true });
    expect(await answer).toBe(503);
    source.finish();
    await until("the request is over", () => closed.length > 0);
    expect(closed).toEqual(["disconnected"]);
    expect(b.sluice.stats()).toMatchObject({ streams: 0, closed: { disconnected: 1 } });
  });

  it("ends a stream on a node without a channel", async () => {
    const c = await world.node();
    const stream = await c.open(() => neverEnding(), "", { subscriber: { user: "ada" } });
    await a.sluice.disconnect({ user: "ada" }, { cluster: true });
    expect(await stream.rest()).toEqual([]);
  });

  it("ends streams although the other node is unknown, and its clock is wrong", async () => {
    const { sluice, open } = await world.node(STEADY_TIMEOUT_MS);
    await open(sluice.channel("orders").subscribe(), "", { subscriber: { user: "ada" } });
    let scripts = 0;
    const ask = async () => {
      const given = { at: 0, time: Date.now() + WRONG_BY_MS };
      const data = JSON.stringify({ node: `script ${++scripts}`, selector: { user: "ada" }, given });
      await fill(COMMANDS_CHANNEL, 1, () => ({ ...command(0), data }));
      return sluice.stats().streams === 0;
    };
    // A node that has just started takes a command for an old one.
    await expect.poll(ask, { interval: 50 }).toBe(true);
  });

  it("does not wait for the flushInterval of a node", async () => {
    const c = await world.node(undefined, { flushInterval: 60_000 });
    const stream = await openFor("ada", c);
    await a.sluice.disconnect({ user: "ada" }, { cluster: true });
    expect(await stream.rest()).toEqual([]);
  });

  it("is given again if the log lost it before another node received it", async () => {
    const stream = await openFor("ada", b);
    await acquainted();
    b.log.isCut = true;
    await a.sluice.disconnect({ user: "ada" }, { cluster: true });
    world.store.loseEverything();
    await passed(SLOWEST_BEAT_MS);
    await using newer = await openFor("ada", b);
    b.log.isCut = false;
    await stream.rest();
    expect(await isOpen(newer)).toBe(true);
  });

  it.each([-3_600_000, 3_600_000])(
    "ends older streams and no newer ones if the wall clock steps by %i ms meanwhile",
    async (step) => {
      const old = await openFor("ada", b);
      await acquainted();
      b.log.isCut = true;
      const older = await openFor("ada", b);
      await a.sluice.disconnect({ user: "ada" }, { cluster: true });
      await passed(SLOWEST_BEAT_MS);
      await withClock(step, async () => {
        await using newer = await openFor("ada", b);
        b.log.isCut = false;
        await old.rest();
        await older.rest();
        expect(await isOpen(newer)).toBe(true);
      });
    },
  );

  it("continues with the next command after one that a node does not understand", async () => {
    const stream = await openFor("ada", b);
    await acquainted();
    const strange = ["nonsense", JSON.stringify({ node: "n", selector: { planet: "x" }, given: { at: 0, time: 0 } })];
    for (const data of ["null", ...strange]) await fill(COMMANDS_CHANNEL, 1, () => ({ ...command(0), data }));
    await a.sluice.disconnect({ user: "ada" }, { cluster: true });
    expect(await stream.rest()).toEqual([]);
    expect(b.errors.length).toBeGreaterThan(0);
  });
});

/** A source function that resolves when the test calls `finish`. */
function openingSource() {
  let finish!: () => void;
  let called!: () => void;
  const isCalled = new Promise<void>((resolve) => (called = resolve));
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const open = async () => {
    called();
    await finished;
    return neverEnding();
  };
  return { open, isCalled, finish };
}

async function* neverEnding(): AsyncGenerator<never> {
  await new Promise(() => undefined);
}
