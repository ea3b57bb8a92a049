import fc from "fast-check";
import { ignore } from "../../../src/base/errors/guard.ts";
import { turns } from "../../support/turns.ts";
import type { LogHistory, ModelPosition } from "./log-history.ts";
import { SELECTIONS } from "./model-subscriber.ts";
import type { Connecting, Publishing, World } from "./model-world.ts";

/** One step of an interleaving. */
export type Command =
  | ({
      readonly do: "publish" | "publish all" | "elsewhere" | "elsewhere at once";
      readonly count: number;
    } & Publishing)
  | ({ readonly do: "connect" | "start" } & Connecting)
  | ({ readonly do: "arrive"; readonly eras: number; readonly part: number } & Connecting)
  | {
      readonly do: "history";
      readonly selection: number;
      readonly limit: number;
      readonly after: { readonly eras: number; readonly part: number } | undefined;
    }
  | { readonly do: "take"; readonly index: number; readonly bytes: number }
  | { readonly do: "reconnect" | "leave"; readonly index: number }
  | { readonly do: "trim" | "trim elsewhere"; readonly part: number }
  | { readonly do: "lose"; readonly count: number }
  | { readonly do: "restart" | "lose everything" | "heartbeat" }
  | { readonly do: "delete" | "close" | "close if idle" }
  | { readonly do: "turn"; readonly count: number };

const index = fc.nat(9);
const part = fc.double({ min: 0, max: 1, noNaN: true });
const publishing = {
  type: fc.constantFrom("x", "y"),
  topics: fc.constantFrom(undefined, undefined, ["a"], ["b"], ["a", "b"], ["c"]),
  count: fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 1, max: 3 }) },
    { weight: 1, arbitrary: fc.integer({ min: 4, max: 60 }) },
  ),
  ownId: fc.boolean(),
};
/** Events that are published at once: no more than the log keeps. */
const together = { ...publishing, count: fc.integer({ min: 1, max: 12 }) };
const connecting = {
  selection: fc.nat(SELECTIONS.length - 1),
  isIterating: fc.nat(3).map((n) => n === 0),
  takesAll: fc.boolean(),
};

const ON_ANY_LOG: fc.WeightedArbitrary<Command>[] = [
  { weight: 6, arbitrary: fc.record({ do: fc.constant("publish" as const), ...publishing }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("publish all" as const), ...together }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("connect" as const, "start" as const), ...connecting }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("take" as const), index, bytes: fc.constantFrom(1, 50, 700, 3_000, 1e9) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("reconnect" as const, "leave" as const), index }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("trim" as const), part }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("history" as const),
      selection: connecting.selection,
      limit: fc.constantFrom(1, 3, 100),
      after: fc.option(fc.record({ eras: fc.nat(2), part }), { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "heartbeat" as const }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("turn" as const), count: fc.integer({ min: 1, max: 4 }) }) },
];

const ON_A_SHARED_LOG: fc.WeightedArbitrary<Command>[] = [
  { weight: 4, arbitrary: fc.record({ do: fc.constant("elsewhere" as const), ...publishing }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("elsewhere at once" as const), ...together }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("arrive" as const), ...connecting, eras: fc.nat(2), part }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("lose" as const), count: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("restart" as const, "lose everything" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("trim elsewhere" as const), part }) },
  // Pending work gets its turns.
  { weight: 4, arbitrary: fc.record({ do: fc.constant("turn" as const), count: fc.integer({ min: 1, max: 10 }) }) },
];

/** Commands that end a life of the log, or close the log. */
const ENDS: fc.WeightedArbitrary<Command>[] = [
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom("delete" as const, "close" as const, "close if idle" as const) }),
  },
];

const MOST = { maxLength: 80, size: "max" } as const;
export const commands: fc.Arbitrary<Command[]> = fc.array(fc.oneof(...ON_ANY_LOG, ...ENDS), MOST);
export const sharedCommands: fc.Arbitrary<Command[]> = fc.array(
  fc.oneof(...ON_ANY_LOG, ...ENDS, ...ON_A_SHARED_LOG),
  MOST,
);

const NEEDS_OPEN: ReadonlySet<Command["do"]> = new Set(["connect", "start", "arrive", "reconnect", "trim"]);

/** Returns a position in a life of the log: this many lives ago, after this part of its entries. */
function positionIn(history: LogHistory, { eras, part }: { eras: number; part: number }): ModelPosition {
  const era = Math.max(0, history.now - eras);
  return { era, offset: Math.round(part * history.eras[era]!.entries.length) };
}

/** Performs a command. */
export async function perform(world: World, command: Command): Promise<void> {
  const { history, modelLog, subscribers } = world;
  // The model says at which position a subscriber begins, so the log must be open.
  if (NEEDS_OPEN.has(command.do)) await world.open();
  const { store } = modelLog;
  const era = history.eras[history.now]!;
  const through = (part: number) => era.first + Math.floor(part * (era.entries.length - era.first));
  switch (command.do) {
    case "publish":
      for (let i = 0; i < command.count; i++) world.publish(command);
      return;
    case "publish all":
      return world.publishAll(command, command.count);
    case "elsewhere":
      for (let i = 0; i < command.count; i++) world.publishElsewhere(command, 1);
      return;
    case "elsewhere at once":
      return world.publishElsewhere(command, command.count);
    case "connect":
      return world.connect(command);
    case "start":
      return world.connectFromStart(command);
    case "arrive":
      return world.arrive(command, positionIn(history, command));
    case "history":
      return world.ask({ ...command, after: command.after && positionIn(history, command.after) });
    case "trim":
      // A shared log may take its time. Other commands do not wait for it.
      if (store === undefined) await modelLog.channelLog.trim(through(command.part));
      else void modelLog.channelLog.trim(through(command.part)).catch(ignore);
      return;
    case "trim elsewhere":
      return store?.trim(through(command.part));
    case "lose":
      return store?.restart(command.count);
    case "restart":
      return store?.restart(0);
    case "lose everything":
      return store?.loseEverything();
    case "delete":
      return world.delete();
    case "close":
      return world.close(false);
    case "close if idle":
      return world.close(true);
    case "heartbeat":
      return world.writeHeartbeats();
    case "turn":
      return turns(command.count);
  }
  const subscriber = subscribers[command.index % Math.max(1, subscribers.length)];
  if (subscriber === undefined) return;
  if (command.do === "take") subscriber.connection.take(command.bytes);
  else if (command.do === "reconnect") world.reconnect(subscriber);
  else subscriber.connection.disconnect();
}
