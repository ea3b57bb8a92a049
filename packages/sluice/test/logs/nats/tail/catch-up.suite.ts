import { describe, expect, it } from "vitest";
import type { ChannelLog, LogEntry, NewEntry } from "../../../../src/logs/log.ts";
import { expectRoundBelow } from "../../../support/rounds.ts";
import { NATS_SERVER } from "../../../support/stores/nats-server.ts";
import { startProxy } from "../../../support/stores/tcp-proxy.mjs";
import { LITTLE_GARBAGE, MAX_GROWTH_BYTES } from "../../support/catch-up-growth.ts";
import { catchesUpInBoundedMemory } from "../../support/contracts/catch-up-contract.ts";
import { KEEP_ALL, recorder } from "../../support/contracts/log-contract.ts";
import { growthOfFollower } from "../../support/growth-of-follower.ts";
import { buildFollower } from "../../support/processes/follower-program.ts";
import { NodeProcess } from "../../support/processes/node-process.ts";
import { useNatsStores } from "../../support/use-catch-up-stores.ts";
import { entry, useNats } from "../support/use-nats.ts";

const TIMEOUT_MS = 30_000;
const ATTEMPTS = 3;

describe.skipIf(NATS_SERVER === undefined)("a node that has missed much in NATS", { timeout: 300_000 }, () => {
  const nats = useNats();

  catchesUpInBoundedMemory("natsLog", useNatsStores(nats));

  /** Returns the bytes by which a node grows while it reads what it has missed. */
  const measure = async (program: string, prefix: string): Promise<number> => {
    const options = { servers: nats.server.url, timeout: TIMEOUT_MS, prefix };
    using node = new NodeProcess(program, "natsLog", options, LITTLE_GARBAGE);
    const append = (channel: ChannelLog, entries: readonly NewEntry[]) =>
      Promise.all(entries.map((entry) => channel.append([entry])));
    // `await`: the process must live until then.
    return await growthOfFollower({ node, log: nats.newLog(options), append });
  };

  it("reads many channels in bounded memory, and lets them take turns", async () => {
    await using program = await buildFollower("natsLog");
    let round = 0;
    await expectRoundBelow(MAX_GROWTH_BYTES, () => measure(program.path, `round-${++round}`), ATTEMPTS);
  });

  it("receives events that are larger than `maxReadBytes`, each once and in order, and then follows live", async () => {
    const proxy = await startProxy(nats.server.port);
    nats.onCleanUp(() => proxy[Symbol.asyncDispose]());
    const retain = KEEP_ALL;
    const small = nats.newLog({ servers: `nats://127.0.0.1:${proxy.port}`, maxReadBytes: 65_536, timeout: TIMEOUT_MS });
    const other = nats.newLog({ timeout: TIMEOUT_MS });
    const names = ["a", "b", "c"];
    const followed = await Promise.all(names.map((name) => small.open(name, { retain })));
    const recorders = followed.map((channel) => {
      const { seen, listener } = recorder();
      const behind: boolean[] = [];
      channel.tail({
        ...listener,
        appended(entries, isBehind = false) {
          behind.push(isBehind);
          listener.appended(entries);
        },
      });
      return { seen, behind };
    });
    proxy.pause();
    proxy.cut();
    const sizes = [10, 100_000, 10, 200_000, 300_000, 70_000, 400_000, 10];
    const events = sizes.map((size, i) => entry(i, { data: `${i} ${"x".repeat(size)}`, json: false }));
    const others = await Promise.all(names.map((name) => other.open(name, { retain })));
    for (const channel of others) for (const event of events) await channel.append([event]);
    proxy.resume();
    const live = entry(sizes.length);
    const data = events.map((event) => event.data);
    for (const { seen } of recorders) {
      await expect.poll(() => seen.map((found) => found.data)).toEqual(data);
    }
    for (const { behind } of recorders) expect(behind).toContain(true);
    for (const channel of others) await channel.append([live]);
    for (const [i, { seen }] of recorders.entries()) {
      await expect.poll(() => seen.map((found) => found.data)).toEqual([...data, live.data]);
      const read = await followed[i]!.read(0, 100, Number.POSITIVE_INFINITY);
      expect((read as LogEntry[]).map((found) => found.data)).toEqual([...data, live.data]);
    }
    // Only the consumers that push messages stay, and those of the reads.
    const { streams } = await nats.admin();
    await expect.poll(async () => (await streams.info("sluice_a")).state.consumer_count).toBeLessThanOrEqual(3);
  });
});
