import fc from "fast-check";
import { expect, it, vi } from "vitest";
import { turns } from "../../support/turns.ts";
import { type Command, commands, perform, sharedCommands } from "../support/model-commands.ts";
import { forgetfulModelLog, type ModelLog, memoryModelLog, slowly } from "../support/model-logs.ts";
import { type Connection, readToEnd, SELECTIONS } from "../support/model-subscriber.ts";
import { RETAINED_EVENTS } from "../support/model-world.ts";
import { type CombinedConnecting, CombinedModel, type ModelPart } from "./support/combined-model.ts";

/*
 * Random interleavings of everything that can happen to several channels, and to streams that combine them. Each part
 * of a combined stream must obey the model of a stream on its channel alone: see ../support/model-subscriber.ts.
 * Connections are cut at any byte, so no combined ID may claim more of a channel than the client has received.
 * MODEL_RUNS sets the number of runs.
 */

const WORLDS = 3;

type CombinedCommand =
  | { readonly do: "in world"; readonly world: number; readonly command: Command }
  | { readonly do: "combine"; readonly parts: readonly ModelPart[]; readonly how: CombinedConnecting }
  | { readonly do: "take"; readonly index: number; readonly bytes: number }
  | { readonly do: "resume"; readonly index: number; readonly changed: ModelPart | undefined }
  | { readonly do: "leave"; readonly index: number }
  | { readonly do: "heartbeat" };

const index = fc.nat(5);
const part: fc.Arbitrary<ModelPart> = fc.record({
  world: fc.nat(WORLDS - 1),
  // Few selections, so that subscribers share cohorts.
  selection: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(0, 6) }, fc.nat(SELECTIONS.length - 1)),
  from: fc.constantFrom("now", "now", "start"),
});
const how = fc.record({ isIterating: fc.nat(3).map((n) => n === 0), takesAll: fc.boolean() });
const parts = fc.oneof(
  { weight: 2, arbitrary: fc.constant([0, 1, 2].map((world): ModelPart => ({ world, selection: 0, from: "now" }))) },
  {
    weight: 1,
    arbitrary: fc.uniqueArray(part, { minLength: 1, maxLength: 4, selector: (p) => p.world * 10 + p.selection }),
  },
);

function combinedCommands(inWorlds: fc.Arbitrary<Command[]>): fc.Arbitrary<CombinedCommand[]> {
  const inWorld = inWorlds.filter(({ length }) => length > 0).map((list) => list[0] as Command);
  const command: fc.Arbitrary<CombinedCommand> = fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({ do: fc.constant("in world" as const), world: fc.nat(WORLDS - 1), command: inWorld }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("combine" as const), parts, how }) },
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant("take" as const), index, bytes: fc.constantFrom(1, 50, 700, 3_000, 1e9) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant("resume" as const), index, changed: fc.option(part, { nil: undefined }) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("leave" as const), index }) },
    { weight: 1, arbitrary: fc.constant({ do: "heartbeat" as const }) },
  );
  return fc.array(command, { maxLength: 80, size: "max" });
}

async function performCombined(model: CombinedModel, command: CombinedCommand): Promise<void> {
  if (command.do === "in world") return perform(model.worlds[command.world]!, command.command);
  // The model says at which positions a subscriber begins.
  if (command.do === "combine" || command.do === "resume") await model.openAll();
  if (command.do === "combine") return model.connect(command.parts, command.how);
  if (command.do === "heartbeat") return model.writeHeartbeats();
  const subscriber = model.subscribers[command.index % Math.max(1, model.subscribers.length)];
  if (subscriber === undefined) return;
  if (command.do === "take") subscriber.stream.take(command.bytes);
  else if (command.do === "resume") model.reconnect(subscriber, command.changed);
  else subscriber.stream.disconnect();
}

async function run(logs: readonly ModelLog[], list: readonly CombinedCommand[]): Promise<void> {
  const model = new CombinedModel(logs);
  await model.open();
  for (const command of list) {
    await performCombined(model, command);
    model.check();
  }
  await model.openAll();
  // An iteration shows its end only when it is read.
  await readToEnd(connectionsOf(model));
  // A deleted channel closes if nothing uses it.
  for (const subscriber of model.subscribers.filter(({ stream }) => stream.isOver)) {
    await model.openAll();
    model.reconnect(subscriber);
  }
  for (const world of model.worlds)
    for (const subscriber of world.subscribers.filter(({ connection }) => connection.isOver)) {
      await world.open();
      world.reconnect(subscriber);
    }
  await settle(model);
  for (const { parts } of model.subscribers) {
    for (const { model: part } of parts.values()) {
      part.checkEnd();
      if (part.connection.lastEventId !== "") part.checkPosition();
    }
  }
  for (const world of model.worlds) world.checkDeletions();
  // A subscriber that has everything is live in all parts, and counted once in each of them.
  const streams = model.subscribers.filter(({ isIterating }) => !isIterating);
  const partsIn = (world: number) =>
    streams.flatMap(({ parts }) => [...parts.values()].filter((p) => p.world === world));
  for (const [index, { channel, subscribers }] of model.worlds.entries()) {
    const plain = subscribers.filter(({ isIterating }) => !isIterating).length;
    expect(channel.stats()).toMatchObject({ live: plain + partsIn(index).length, lagging: 0 });
  }
  expect(model.combined.hub.streams.size).toBe(streams.length);
  for (const { stream } of model.subscribers) stream.disconnect();
  for (const { subscribers } of model.worlds) for (const { connection } of subscribers) connection.disconnect();
  await turns();
  for (const world of model.worlds) {
    expect(world.channel.stats()).toMatchObject({ subscribers: 0, cohorts: 0 });
    expect(world.errors).toEqual([]);
    await world.channel.close();
  }
  expect(model.combined.hub.streams.size).toBe(0);
  expect(model.combined.errors).toEqual([]);
}

/** Turns without new bytes after which no work is pending. Questions to a store and their answers take some turns. */
const QUIET_TURNS = 12;
const QUIET_TURNS_OF_A_STORE = 40;
/** More turns than any work takes. */
const MAX_TURNS = 3_000;

function connectionsOf({ subscribers, worlds }: CombinedModel): Connection[] {
  const plain = worlds.flatMap((world) => world.subscribers.map(({ connection }) => connection));
  return [...subscribers.map(({ stream }) => stream), ...plain];
}

async function settle(model: CombinedModel): Promise<void> {
  const { subscribers, worlds } = model;
  const connections = () => connectionsOf(model);
  const written = () => connections().reduce((sum, connection) => sum + connection.written, 0);
  const hasStore = worlds.some(({ modelLog }) => modelLog.store !== undefined);
  const quietTurns = hasStore ? QUIET_TURNS_OF_A_STORE : QUIET_TURNS;
  for (let turn = 0, quiet = 0; quiet < quietTurns; quiet++) {
    expect(turn++, "all pending work ends").toBeLessThan(MAX_TURNS);
    const before = written();
    for (const connection of connections()) connection.take();
    await turns(1);
    for (const connection of connections()) connection.take();
    for (const { parts } of subscribers) for (const { model: part } of parts.values()) part.check();
    if (written() !== before || worlds.some(({ isSettled }) => !isSettled)) quiet = 0;
  }
}

// The runs compute for seconds; on a busy machine, much longer. MODEL_RUNS may make them many.
vi.setConfig({ testTimeout: 300_000 });

const numRuns = Number(process.env.MODEL_RUNS ?? 40);
const three = [0, 1, 2];

it("a stream over channels on memory logs delivers the events of each channel that the model predicts", async () => {
  const logs = () => three.map(() => memoryModelLog(RETAINED_EVENTS));
  await fc.assert(
    fc.asyncProperty(combinedCommands(commands), (list) => run(logs(), list)),
    { numRuns },
  );
});

it("a stream over channels on slow logs delivers the events of each channel that the model predicts", async () => {
  const logs = () => three.map(() => memoryModelLog(RETAINED_EVENTS, slowly));
  await fc.assert(
    fc.asyncProperty(combinedCommands(commands), (list) => run(logs(), list)),
    { numRuns },
  );
});

it("a stream over channels that lose entries delivers the events of each channel that the model predicts", async () => {
  const seed = fc.nat(2 ** 32 - 1);
  const logs = (n: number) => [
    forgetfulModelLog(RETAINED_EVENTS, n),
    forgetfulModelLog(RETAINED_EVENTS, n + 1),
    memoryModelLog(RETAINED_EVENTS, slowly),
  ];
  const property = fc.asyncProperty(combinedCommands(sharedCommands), seed, (list, n) => run(logs(n), list));
  await fc.assert(property, { numRuns });
});
