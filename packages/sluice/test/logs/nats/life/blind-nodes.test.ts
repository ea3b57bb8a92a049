import { beforeEach, describe, expect, it } from "vitest";
import { sleep } from "../../../../src/base/time/timers.ts";
import { createSluice } from "../../../../src/index.ts";
import type { ChannelLog, LogEntry } from "../../../../src/logs/log.ts";
import { readEventStream } from "../../../support/patient-testing.ts";
import { NATS_SERVER } from "../../../support/stores/nats-server.ts";
import { startServer } from "../../../support/test-server.ts";
import { until } from "../../../support/until.ts";
import { type Blindness, blindable } from "../support/blindable.ts";
import { type HeldAnswers, holdAnswers } from "../support/hold-answers.ts";
import { subjectsOf } from "../support/subjects-of.ts";
import { entry, readAll, useNats } from "../support/use-nats.ts";

/** Entries of the deleted life, and then of the next one. The next entry would follow both. */
const BEFORE = 3;
/** Time in which a fault would show. */
const A_WHILE_MS = 300;

describe.skipIf(NATS_SERVER === undefined)("a node on NATS that has not noticed that a channel was deleted", () => {
  const nats = useNats();
  let late: ChannelLog;
  let other: ChannelLog;
  let blindness: Blindness;
  let answers: HeldAnswers;
  /** The epoch of the deleted life. */
  let deleted: string;
  /** For each node: what its subscribers receive. */
  let received: { late: string[]; other: string[] };

  const numbers = (from: number, count: number) => Array.from({ length: count }, (_, i) => entry(from + i));

  function record(channel: ChannelLog, into: string[]): void {
    channel.tail({
      appended: (entries: readonly LogEntry[]) => into.push(...entries.map(({ data }) => data)),
      trimmed: (first) => into.push(`trimmed ${first}`),
      reset: () => into.push("reset"),
    });
  }

  beforeEach(async () => {
    const connection = await nats.connect();
    blindness = blindable(connection);
    answers = holdAnswers(connection);
    late = await nats.open({ connection });
    other = await nats.open();
    await late.append(numbers(1, BEFORE));
    await late.append([entry(9, { id: "own" })]);
    await other.sync();
    deleted = late.epoch;
    received = { late: [], other: [] };
    record(late, received.late);
    record(other, received.other);
  });

  /** Deletes the channel, and appends as many entries to the next life as the deleted one had. */
  async function deleteAndAppend(): Promise<void> {
    blindness.start();
    await other.delete();
    await other.append(numbers(11, BEFORE + 1));
  }

  it.each([
    { what: "an event", entries: [entry(20)] },
    { what: "an event with an own ID", entries: [entry(20, { id: "own" })] },
    { what: "several events together", entries: [entry(20), entry(21), entry(22)] },
    { what: "several events with own IDs", entries: [entry(20, { id: "own" }), entry(21, { id: "next" })] },
  ])("appends $what to the next life, and delivers none twice", async ({ entries }) => {
    await deleteAndAppend();
    const appending = late.append(entries);
    await sleep(A_WHILE_MS);
    expect(received.late).toEqual([]);
    blindness.end();
    expect(await appending).toEqual(entries.map((_, i) => BEFORE + 2 + i));
    expect(late.epoch).not.toBe(deleted);
    expect(late.epoch).toBe(other.epoch);
    const data = entries.map((each) => each.data);
    await until("the other node has all", () => other.last === BEFORE + 1 + entries.length);
    expect(received.other).toEqual(["reset", "11", "12", "13", "14", ...data]);
    // The next life begins with the entries that it had then.
    await until("the late node has all", () => late.last === other.last);
    expect(received.late[0]).toBe("reset");
    const own = received.late.slice(1);
    expect(own).toEqual(["11", "12", "13", "14", ...data].slice(-own.length));
    expect((await readAll(late)).map((each) => each.data)).toEqual(["11", "12", "13", "14", ...data]);
    if (entries[0]?.id !== undefined) expect(await late.positionOf("own")).toBe(BEFORE + 2);
  });

  it("keeps the order of its appends", async () => {
    await deleteAndAppend();
    const appending = Promise.all(numbers(20, 50).map((each) => late.append([each])));
    await sleep(A_WHILE_MS);
    blindness.end();
    expect((await appending).flat()).toEqual(Array.from({ length: 50 }, (_, i) => BEFORE + 2 + i));
    const all = await readAll(other);
    expect(all.map(({ data }) => Number(data)).slice(BEFORE + 1)).toEqual(Array.from({ length: 50 }, (_, i) => 20 + i));
  });

  it("returns no entries of the next life as entries of the deleted one", async () => {
    await deleteAndAppend();
    let isRead = false;
    const reading = late.read(1, 10, 1e6).finally(() => {
      isRead = true;
    });
    await sleep(A_WHILE_MS);
    expect([isRead, late.epoch]).toEqual([false, deleted]);
    blindness.end();
    await reading;
    expect(late.epoch).toBe(other.epoch);
  });

  it("delivers no event of the next life before it has entered that life", async () => {
    // A node that has received no live message yet cannot notice by their numbers that they begin anew.
    const connection = await nats.connect();
    const blind = blindable(connection);
    const fresh = await nats.open({ connection });
    const freshly: string[] = [];
    record(fresh, freshly);
    blind.start("lives");
    await other.delete();
    await other.append(numbers(11, BEFORE + 1));
    // A message of another program names no life. Its number follows the node's newest entry.
    connection.publish((await subjectsOf(await nats.connect(), "orders")).event, "foreign");
    await until("the other node has all", () => other.last === BEFORE + 2);
    await sleep(A_WHILE_MS);
    expect([freshly, fresh.epoch]).toEqual([[], deleted]);
    blind.end();
    await until("the node has all", () => fresh.last === BEFORE + 2 && fresh.epoch === other.epoch);
    expect(freshly[0]).toBe("reset");
  });

  it("trims nothing of the next life", async () => {
    await deleteAndAppend();
    await late.trim(2);
    blindness.end();
    expect((await readAll(other)).map(({ data }) => data)).toEqual(["11", "12", "13", "14"]);
    expect(other.first).toBe(1);
  });

  it.each([
    { what: "an event", entries: [entry(20)] },
    { what: "several events", entries: [entry(20), entry(21)] },
  ])("rejects $what that the deleted life had, if the answer was lost", async ({ entries }) => {
    answers.passOnly(0);
    const appending = late.append(entries);
    const rejection = expect(appending).rejects.toThrow(/deleted before NATS acknowledged/);
    await until("the other node receives them", () => received.other.length === entries.length);
    answers.passAll();
    await other.delete();
    await rejection;
    expect(await late.append([entry(30)])).toEqual([1]);
    expect((await readAll(other)).map(({ data }) => data)).toEqual(["30"]);
  });

  it("delivers an event with an ID of the next life, once to every subscriber", async () => {
    const connection = await nats.connect();
    const blind = blindable(connection);
    await using lateNode = createSluice({ log: nats.newLog({ connection }) });
    await using node = createSluice({ log: nats.newLog() });
    await using server = await startServer((req, res) => {
      const sluice = req.url === "/late" ? lateNode : node;
      void sluice.stream(req, res, sluice.channel("orders").subscribe());
    });
    const lastEventId = await node.channel("orders").position();
    const open = (path: string) => readEventStream(`http://127.0.0.1:${server.port}${path}`, { lastEventId });
    await using lateStream = await open("/late");
    await using stream = await open("/");
    await lateNode.channel("orders").publish("n", 100);
    for (const each of [lateStream, stream]) expect(await each.next()).toMatchObject({ data: "100" });
    blind.start();
    await node.channel("orders").delete();
    for (let n = 0; n <= BEFORE + 1; n++) await node.channel("orders").publish("n", 101 + n);
    const publishing = lateNode.channel("orders").publish("n", 200);
    await sleep(A_WHILE_MS);
    blind.end();
    const id = await publishing;
    await node.channel("orders").publish("n", 300);
    const position = await node.channel("orders").position();
    expect(id.split("-")[0]).toBe(position.split("-")[0]);
    for (const each of [lateStream, stream]) {
      const seen: string[] = [];
      while (seen.at(-1) !== "300") {
        const { type, data } = await each.next();
        seen.push(type === "gap" ? JSON.parse(data).reason : data);
      }
      expect(seen).toEqual(["deleted", "101", "102", "103", "104", "105", "200", "300"]);
    }
  });
});
