import { expect, it, vi } from "vitest";
import type { ChannelLog, Log } from "../../../../src/logs/log.ts";
import { HeldBytes } from "../../../../src/logs/shared/bounds/held-bytes.ts";
import { KEEP_ALL } from "../keep-all.ts";

const CHANNELS = 20;
const EVENT_BYTES = 60_000;
/** Few channels are in the middle of an append at a time. */
const MAX_HELD_BYTES = 1_600_000;
/** On a busy machine a process may read the parts of more channels before it can complete one. */
const ATTEMPTS = 3;

/** A node that is cut off, and a log of another node. */
export interface HeldPartsStore {
  readonly node: Log;
  readonly other: Log;
  /** Runs `append` while the node receives nothing. */
  cutOffDuring(append: () => Promise<void>): Promise<void>;
}

/** Holds what a process keeps of incomplete appends while it catches up. `events`: number of events of one append. */
export function holdsFewParts(events: number, openStore: () => Promise<HeldPartsStore>): void {
  it("completes an append of a channel before it begins those of many others", async () => {
    let least = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < ATTEMPTS && least >= MAX_HELD_BYTES; attempt++)
      least = Math.min(least, await mostHeldBytes(events, await openStore()));
    expect(least).toBeLessThan(MAX_HELD_BYTES);
  });
}

/** Cuts a node off, appends to many channels, and returns the most bytes that it holds while it catches up. */
async function mostHeldBytes(events: number, { node, other, cutOffDuring }: HeldPartsStore): Promise<number> {
  let received = 0;
  for (const channel of await openAll(node)) {
    channel.tail({ appended: (entries) => void (received += entries.length), trimmed() {}, reset() {} });
  }
  const channels = await openAll(other);
  let most = 0;
  const { replace } = HeldBytes.prototype;
  using _spy = vi.spyOn(HeldBytes.prototype, "replace").mockImplementation(function (this: HeldBytes, before, after) {
    const isWithin = replace.call(this, before, after);
    most = Math.max(most, this.bytes);
    return isWithin;
  });
  const entries = Array.from({ length: events }, () => ({ type: "t", data: "x".repeat(EVENT_BYTES), json: false }));
  const append = async (channel: ChannelLog) => {
    for (let n = 0; n < 2; n++) await channel.append(entries);
  };
  await cutOffDuring(async () => void (await Promise.all(channels.map(append))));
  await expect.poll(() => received, { interval: 20 }).toBe(CHANNELS * 2 * events);
  return most;
}

function openAll(log: Log): Promise<ChannelLog[]> {
  const open = async (_: unknown, index: number) => log.open(`c${index}`, { retain: KEEP_ALL });
  return Promise.all(Array.from({ length: CHANNELS }, open));
}
