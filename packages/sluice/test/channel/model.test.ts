import fc from "fast-check";
import { expect, test } from "vitest";
import { turns } from "./channel-world.ts";
import { type Command, commands, perform, sharedCommands } from "./model-commands.ts";
import { forgetfulGround, type Ground, memoryGround, slowly } from "./model-grounds.ts";
import { RETAINED_EVENTS, WINDOW_EVENTS, World } from "./model-world.ts";

/*
 * Random interleavings of everything that can happen to a channel, against a model that is a list, or one list for each life of the log.
 * What must hold for every subscriber stands in model-follower.ts.
 */

async function run(ground: Ground, list: readonly Command[]): Promise<void> {
  const world = new World(ground);
  await world.channel.position();
  for (const command of list) {
    await perform(world, command);
    for (const follower of world.followers) follower.check();
  }
  // In the end everybody reads to the end.
  for (const follower of world.followers) if (follower.connection.gone) world.reconnect(follower);
  await settle(world);
  for (const follower of world.followers) {
    follower.checkEnd();
    if (follower.connection.lastEventId !== "") follower.checkPosition();
  }
  const { window, live, lagging, cohorts } = world.channel.stats();
  expect(window.events).toBeLessThanOrEqual(WINDOW_EVENTS);
  const overHttp = world.followers.filter(({ isIterating }) => !isIterating).length;
  expect({ live, lagging }).toEqual({ live: overHttp, lagging: 0 });
  expect(cohorts).toBe(new Set(world.followers.map(({ selection }) => selection)).size);
  for (const follower of world.followers) follower.connection.disconnect();
  await turns();
  expect(world.channel.stats()).toMatchObject({ subscribers: 0, cohorts: 0 });
  expect(world.hub.streams.size).toBe(0);
  expect(world.errors).toEqual([]);
  await world.channel.close();
}

/** Turns without anything new after which nothing more is under way: some questions and answers, each of which takes its turns. */
const QUIET_TURNS = 12;
const QUIET_TURNS_OF_A_STORE = 40;

async function settle(world: World): Promise<void> {
  const { followers, ground } = world;
  const quietTurns = ground.store === undefined ? QUIET_TURNS : QUIET_TURNS_OF_A_STORE;
  const written = () => followers.reduce((sum, { connection }) => sum + connection.written, 0);
  for (let quiet = 0; quiet < quietTurns; quiet++) {
    const before = written();
    for (const { connection } of followers) connection.take();
    await turns(1);
    for (const follower of followers) {
      follower.connection.take();
      follower.check();
    }
    if (written() !== before || !world.isSettled) quiet = 0;
  }
}

const numRuns = Number(process.env.MODEL_RUNS ?? 300);

test("a channel on the memory log gives everybody what the model says", async () => {
  const property = fc.asyncProperty(commands, (list) => run(memoryGround(RETAINED_EVENTS), list));
  await fc.assert(property, { numRuns });
});

test("a channel on a log that takes its time gives everybody what the model says", async () => {
  const property = fc.asyncProperty(commands, (list) => run(memoryGround(RETAINED_EVENTS, slowly), list));
  await fc.assert(property, { numRuns });
});

test("a channel on a log that others share, and that loses what it had, gives everybody what the model says", async () => {
  const seed = fc.nat(2 ** 32 - 1);
  const property = fc.asyncProperty(sharedCommands, seed, (list, n) => run(forgetfulGround(RETAINED_EVENTS, n), list));
  await fc.assert(property, { numRuns });
});
