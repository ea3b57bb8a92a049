import fc from "fast-check";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeBrowser, type FakeTab } from "./support/fake-browser.ts";
import { FakeFeed } from "./support/fake-feed.ts";
import { loadAll, openShared, type SharedStream } from "./support/open-shared.ts";
import { FAKED, pass, settle } from "./support/pass-time.ts";

interface Opened {
  readonly tab: FakeTab;
  readonly stream: SharedStream;
  /** The position that the tab began with; `undefined`: none. */
  readonly from: number | undefined;
}

type Step =
  | { readonly type: "publish"; readonly count: number }
  | { readonly type: "open"; readonly resumes: boolean; readonly back: number }
  | { readonly type: "wait"; readonly ms: number }
  | { readonly type: "crash holder" | "hide" | "show" | "thaw" }
  | {
      readonly type: "crash" | "freeze" | "half-freeze" | "slow" | "close" | "pause" | "reconnect";
      readonly tab: number;
    };

const tab = fc.nat(9);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant("publish" as const), count: fc.integer({ min: 1, max: 40 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant("open" as const), resumes: fc.boolean(), back: fc.nat(30) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant("wait" as const), ms: fc.constantFrom(1, 5, 50, 300, 6_000) }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("crash holder" as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom("hide" as const, "show" as const, "thaw" as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constantFrom(
        "crash",
        "freeze",
        "half-freeze",
        "slow",
        "close",
        "pause",
        "reconnect" as const,
      ) as fc.Arbitrary<"crash">,
      tab,
    }),
  },
);

/** Runs the steps in a fake browser, and returns the tabs that are open at the end. */
async function run(steps: readonly Step[], turns: () => number): Promise<{ feed: FakeFeed; opened: Opened[] }> {
  const browser = new FakeBrowser(turns);
  const feed = new FakeFeed();
  let opened: Opened[] = [];
  const paused = new Set<SharedStream>();

  const open = (from: number | undefined) => {
    const tab = browser.open();
    const fetch = feed.fetchOf(tab, () => browser.turns());
    const stream = openShared(tab, "http://feed.example/", {
      fetch,
      backoff: 5,
      ...(from === undefined ? {} : { lastEventId: `e-${from}` }),
    });
    opened.push({ tab, stream, from });
  };
  const remove = (gone: Opened) => {
    opened = opened.filter((each) => each !== gone);
  };

  open(undefined);
  for (const step of steps) {
    const chosen = "tab" in step ? opened[step.tab % Math.max(1, opened.length)] : undefined;
    if (step.type === "publish") feed.publish(step.count);
    else if (step.type === "open" && opened.length < 6)
      open(step.resumes ? Math.max(0, feed.events.length - step.back) : undefined);
    else if (step.type === "wait") await pass(step.ms);
    else if (step.type === "crash holder") {
      const holder = opened.find(({ tab }) => tab === browser.holder);
      if (holder) remove(holder);
      holder?.tab.crash();
    } else if (step.type === "hide" || step.type === "show") {
      for (const { tab } of opened.slice(1)) tab.document.visibilityState = step.type === "hide" ? "hidden" : "visible";
    } else if (step.type === "thaw") for (const { tab } of opened) tab.thaw();
    else if (chosen === undefined) continue;
    else if (step.type === "crash") {
      remove(chosen);
      chosen.tab.crash();
    } else if (step.type === "close") {
      remove(chosen);
      chosen.stream.close();
    } else if (step.type === "freeze" || step.type === "half-freeze") chosen.tab.freeze(step.type === "half-freeze");
    else if (step.type === "slow") {
      let left = 5;
      chosen.stream.work = () => (left-- > 0 ? new Promise((resolve) => setTimeout(resolve, 400)) : undefined);
    } else if (step.type === "pause") {
      const isPaused = !paused.delete(chosen.stream);
      if (isPaused) paused.add(chosen.stream);
      chosen.stream.pause(isPaused);
    } else if (step.type === "reconnect") chosen.stream.reconnect();
    await pass(0);
  }
  // From here on nothing goes wrong, so every tab must receive everything.
  for (const stream of paused) stream.pause(false);
  for (const { tab } of opened) {
    tab.thaw();
    tab.document.visibilityState = "visible";
  }
  await pass(8_000);
  feed.publish(3);
  const status = () => [
    feed.events.length,
    feed.open,
    browser.holder?.clientId,
    opened.map(({ tab, stream }) => [tab.clientId, stream.sharing, stream.state, stream.lastEventId, stream.received]),
  ];
  const all = () => opened.every(({ stream }) => stream.received.at(-1) === feed.events.length);
  await settle(all, 30_000, status);
  await settle(() => feed.open <= 1, 20_000, status);
  for (const { stream } of opened) stream.close();
  return { feed, opened };
}

describe("tabs that share a stream", () => {
  beforeAll(loadAll);
  beforeEach(() => {
    vi.useFakeTimers({ toFake: FAKED });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("receive every event once and in order while tabs open, crash, freeze, pause and close", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 3, maxLength: 30 }),
        fc.infiniteStream(fc.nat(3)),
        async (steps, turns) => {
          const { feed, opened } = await run(steps, () => turns.next().value as number);
          for (const { stream, from } of opened) {
            const [first = 0] = stream.received;
            expect(stream.received).toEqual(feed.events.slice(first - 1).map(({ data }) => data));
            if (from !== undefined) expect(first).toBe(from + 1);
            expect(stream.gaps).toEqual([]);
            expect(stream.errors).toEqual([]);
          }
        },
      ),
      { numRuns: Number(process.env.SLUICE_TABS_RUNS ?? 40) },
    );
  });
});
