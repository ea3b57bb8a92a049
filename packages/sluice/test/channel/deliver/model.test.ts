import fc from "fast-check";
import { expect, it, vi } from "vitest";
import { turns } from "../../support/turns.ts";
import { type Command, commands, perform, sharedCommands } from "../support/model-commands.ts";
import { forgetfulModelLog, type ModelLog, memoryModelLog, slowly } from "../support/model-logs.ts";
import { readToEnd } from "../support/model-subscriber.ts";
import { RETAINED_EVENTS, WINDOW_EVENTS, World } from "../support/model-world.ts";

/*
 * Random interleavings of everything that can happen to a channel, compared with a model: a list for each life of the
 * log. model-subscriber.ts says what must hold for every subscriber. MODEL_RUNS sets the number of runs.
 */

async function run(modelLog: ModelLog, list: readonly Command[]): Promise<void> {
  const world = new World(modelLog);
  await world.channel.position();
  for (const command of list) {
    await perform(world, command);
    for (const subscriber of world.subscribers) subscriber.check();
  }
  // Finally every subscriber reads to the end.
  await world.open();
  // An iteration shows its end only when it is read.
  await readToEnd(world.subscribers.map(({ connection }) => connection));
  for (const subscriber of world.subscribers.filter(({ connection }) => connection.isOver)) {
    // A deleted channel closes if nothing uses it.
    await world.open();
    world.reconnect(subscriber);
  }
  await settle(world);
  for (const subscriber of world.subscribers) {
    subscriber.checkEnd();
    if (subscriber.connection.lastEventId !== "") subscriber.checkPosition();
  }
  world.checkDeletions();
  const { window, live, lagging, cohorts } = world.channel.stats();
  expect(window.events).toBeLessThanOrEqual(WINDOW_EVENTS);
  const overHttp = world.subscribers.filter(({ isIterating }) => !isIterating).length;
  expect({ live, lagging }).toEqual({ live: overHttp, lagging: 0 });
  expect(cohorts).toBe(new Set(world.subscribers.map(({ selection }) => selection)).size);
  for (const subscriber of world.subscribers) subscriber.connection.disconnect();
  await turns();
  expect(world.channel.stats()).toMatchObject({ subscribers: 0, cohorts: 0 });
  expect(world.hub.streams.size).toBe(0);
  expect(world.errors).toEqual([]);
  await world.channel.shutDown();
}

/** Turns without new bytes after which no work is pending. Questions to the store and their answers take some turns. */
const QUIET_TURNS = 12;
const QUIET_TURNS_OF_A_STORE = 40;
/** More turns than any work takes. */
const MAX_TURNS = 3_000;

async function settle(world: World): Promise<void> {
  const { subscribers, modelLog } = world;
  const quietTurns = modelLog.store === undefined ? QUIET_TURNS : QUIET_TURNS_OF_A_STORE;
  const written = () => subscribers.reduce((sum, { connection }) => sum + connection.written, 0);
  for (let turn = 0, quiet = 0; quiet < quietTurns; quiet++) {
    expect(turn++, "all pending work ends").toBeLessThan(MAX_TURNS);
    const before = written();
    for (const { connection } of subscribers) connection.take();
    await turns(1);
    for (const subscriber of subscribers) {
      subscriber.connection.take();
      subscriber.check();
    }
    if (written() !== before || !world.isSettled) quiet = 0;
  }
}

// The runs compute for seconds; on a busy machine, much longer. MODEL_RUNS may make them many.
vi.setConfig({ testTimeout: 300_000 });

const numRuns = Number(process.env.MODEL_RUNS ?? 120);

it("a channel on the memory log delivers the events that the model predicts", async () => {
  const property = fc.asyncProperty(commands, (list) => run(memoryModelLog(RETAINED_EVENTS), list));
  await fc.assert(property, { numRuns });
});

it("a channel on a slow log delivers the events that the model predicts", async () => {
  const property = fc.asyncProperty(commands, (list) => run(memoryModelLog(RETAINED_EVENTS, slowly), list));
  await fc.assert(property, { numRuns });
});

it("a channel on a shared log that loses entries delivers the events that the model predicts", async () => {
  const seed = fc.nat(2 ** 32 - 1);
  const property = fc.asyncProperty(sharedCommands, seed, (list, n) =>
    run(forgetfulModelLog(RETAINED_EVENTS, n), list),
  );
  await fc.assert(property, { numRuns });
});
