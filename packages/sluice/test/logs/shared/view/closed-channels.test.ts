import { describe, expect, it } from "vitest";
import { currentLife, type Life } from "../../../../src/logs/shared/life/life.ts";
import { ClosedChannels, seenBefore } from "../../../../src/logs/shared/view/closed-channels.ts";
import { LogView } from "../../../../src/logs/shared/view/log-view.ts";

const FIRST = currentLife({ run: "0", first: 1, last: 0 }, undefined);
const NEXT = currentLife({ run: "1", first: 1, last: 20 }, FIRST);
const MAX_CHANNELS = 10_000;

const closeView = (view: LogView) => {
  const channels = new ClosedChannels<string>();
  channels.remember("orders", view, "mark");
  return channels.recall("orders");
};

describe("closed channels", () => {
  it("keep the position, the earlier lives and the mark until the channel is open again", () => {
    const channels = new ClosedChannels<string>();
    channels.remember("orders", new LogView(NEXT, 1, 25), "mark");
    const closed = channels.recall("orders")!;
    expect(closed.mark).toBe("mark");
    expect(seenBefore(closed)).toEqual({
      epoch: NEXT.epoch,
      offset: 25,
      former: [[FIRST.epoch, 20]],
      ended: new Set([FIRST.epoch]),
    });
    channels.forget("orders");
    expect(channels.recall("orders")).toBeUndefined();
  });

  it("are the newest 10,000", () => {
    const channels = new ClosedChannels<undefined>();
    const view = new LogView(FIRST, 1, 1);
    for (let i = 0; i < MAX_CHANNELS; i++) channels.remember(`doc:${i}`, view, undefined);
    // It is closed once more, so the next one is the oldest.
    channels.remember("doc:0", view, undefined);
    channels.remember("another", view, undefined);
    expect(channels.size).toBe(MAX_CHANNELS);
    expect(channels.recall("doc:1")).toBeUndefined();
    expect(channels.recall("doc:0")).toBeDefined();
    expect(channels.recall("another")).toBeDefined();
  });

  it("need nothing if they never had an event", () => {
    expect(closeView(new LogView(FIRST, 1, 0))).toBeUndefined();
  });

  it("keep a bounded number of lives, the newest ones", () => {
    let life: Life = FIRST;
    const view = new LogView(life, 1, 20);
    const epochs: string[] = [];
    for (let run = 1; run <= 60; run++) {
      epochs.push(life.epoch);
      // Each second life gives up the past.
      const kept = run % 2 === 0 ? life : undefined;
      life = currentLife({ run: `${run}`, first: 1, last: 20 }, kept);
      view.enterLife(life, 1, 20);
    }
    const { former, ended } = closeView(view)!;
    expect(former).toEqual(life.former);
    expect(ended).toHaveLength(16);
    expect(epochs.slice(-17)).toEqual(expect.arrayContaining([...ended]));
  });

  it("have no position after a deletion, only epochs that must not come back", () => {
    const view = new LogView(NEXT, 1, 25);
    view.markDeleted();
    expect(seenBefore(closeView(view)!)).toEqual({
      epoch: "",
      offset: 0,
      former: [],
      ended: new Set([FIRST.epoch, NEXT.epoch]),
    });
  });

  it("tell a view that opens again which epochs have ended", () => {
    const view = new LogView(NEXT, 1, 25);
    const next = currentLife({ run: "1", first: 1, last: 20 }, undefined);
    const again = new LogView(next, 1, 20, undefined, seenBefore(closeView(view)!));
    expect(again.seen.ended).toEqual(new Set([FIRST.epoch, NEXT.epoch]));
    const same = new LogView(NEXT, 1, 25, undefined, seenBefore(closeView(view)!));
    expect(same.seen.ended).toEqual(new Set([FIRST.epoch]));
  });
});
