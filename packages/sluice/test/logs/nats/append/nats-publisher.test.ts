import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { NATS_SERVER } from "../../../support/stores/nats-server.ts";
import { until } from "../../../support/until.ts";
import { recorder } from "../../support/contracts/log-contract.ts";
import { entry, TIMEOUT_MS, useNats } from "../support/use-nats.ts";

/** Events that may wait for an answer at the same time. */
const MAX_IN_FLIGHT = 2_048;
/** Longer than NATS recognises a message ID, in ms. */
const STOPPED_MS = 12_000;

describe.skipIf(NATS_SERVER === undefined)("natsLog, when it appends", () => {
  const nats = useNats();

  it("rejects only the event that exceeds the server's max_payload", async () => {
    const channel = await nats.open();
    const large = channel.append([entry(1, { data: "x".repeat(2_000_000), json: false })]);
    const small = channel.append([entry(2)]);
    await expect(large).rejects.toThrow("max_payload");
    expect(await small).toEqual([1]);
  });

  it("takes a burst of publishes that nobody awaits, and acknowledges all of them in order", async () => {
    // The server may get little processor time while other tests run.
    const channel = await nats.open({ timeout: 10_000 });
    const count = 20_000;
    const offsets = await Promise.all(Array.from({ length: count }, (_, n) => channel.append([entry(n + 1)])));
    expect(offsets.flat()).toEqual(Array.from({ length: count }, (_, n) => n + 1));
    expect(await channel.read(count - 1, 1, 1_000)).toMatchObject([{ data: `${count}` }]);
  });

  it("sends a bounded number, each once, while a slow server answers one event after another", async () => {
    const connection = await nats.connect();
    const request = connection.request.bind(connection);
    let isSlow = Promise.resolve();
    let sent = 0;
    let inFlight = 0;
    let most = 0;
    connection.request = (subject, payload, options) => {
      const answer = request(subject, payload, options);
      if (typeof payload !== "string" || !payload.includes("\n")) return answer;
      sent++;
      most = Math.max(most, ++inFlight);
      isSlow = isSlow.then(() => sleep(1));
      return isSlow.then(() => inFlight--).then(() => answer);
    };
    const channel = await nats.open({ connection });
    const count = 2_500;
    const began = performance.now();
    const offsets = await Promise.all(Array.from({ length: count }, (_, n) => channel.append([entry(n + 1)])));
    expect(offsets.flat()).toEqual(Array.from({ length: count }, (_, n) => n + 1));
    expect(performance.now() - began).toBeGreaterThan(TIMEOUT_MS);
    expect(sent).toBe(count);
    expect(most).toBeLessThanOrEqual(MAX_IN_FLIGHT);
  });

  it("rejects all waiting events at the timeout if the server stops, and sends none of them", async () => {
    const connection = await nats.connect();
    const request = connection.request.bind(connection);
    const sent = new Set<unknown>();
    connection.request = (subject, payload, options) => {
      if (typeof payload === "string" && payload.includes("\n")) sent.add(payload);
      return request(subject, payload, options);
    };
    const channel = await nats.open({ connection });
    await channel.append([entry(1)]);
    sent.clear();
    nats.server.pause();
    const appends = Array.from({ length: 20_000 }, (_, n) => channel.append([entry(n + 2)]));
    const results = await Promise.allSettled(appends);
    expect(results.every(({ status }) => status === "rejected")).toBe(true);
    // The events are not sent in parts that each wait for a timeout of their own. On a slow machine the last events of
    // the burst are not late yet when the first ones are, and take their places.
    expect(sent.size).toBeLessThanOrEqual(2 * MAX_IN_FLIGHT);
    nats.server.resume();
  });

  it("resolves if the answer was lost, long before the timeout", async () => {
    const connection = await nats.connect();
    const request = connection.request.bind(connection);
    let lost = 0;
    connection.request = async (subject, payload, options) => {
      const answer = request(subject, payload, options);
      const isEvent2 = typeof payload === "string" && payload.endsWith("\n2") && lost < 1;
      if (!isEvent2) return answer;
      lost++;
      await answer;
      return new Promise(() => undefined);
    };
    const channel = await nats.open({ connection });
    await channel.append([entry(1)]);
    expect(await channel.append([entry(2)])).toEqual([2]);
    expect(lost).toBe(1);
    expect(await channel.append([entry(3)])).toEqual([3]);
    expect(await channel.read(0, 10, 10_000)).toMatchObject([{ data: "1" }, { data: "2" }, { data: "3" }]);
  });

  it("does not send an event again that NATS may no longer recognise, because the process was stopped", async () => {
    const connection = await nats.connect();
    const request = connection.request.bind(connection);
    let sent = 0;
    connection.request = async (subject, payload, options) => {
      const answer = request(subject, payload, options);
      if (typeof payload !== "string" || !payload.endsWith("\n2")) return answer;
      sent++;
      await answer;
      return new Promise(() => undefined);
    };
    const channel = await nats.open({ connection });
    const now = performance.now.bind(performance);
    const clock = vi.spyOn(performance, "now");
    nats.onCleanUp(() => clock.mockRestore());
    const appended = channel.append([entry(2)]);
    appended.catch(() => undefined);
    await until("the event is sent", () => sent === 1);
    clock.mockImplementation(() => now() + STOPPED_MS);
    await expect(appended).rejects.toThrow("did not acknowledge the event");
    expect(sent).toBe(1);
  });

  describe("and NATS answers falsely", () => {
    /**
     * Opens a channel with event 1. The next `times` publishes of event 2 receive this answer and do not reach the
     * server.
     */
    const openWithFalseAnswer = async (answer: { seq: number; duplicate?: boolean }, times = 1) => {
      const connection = await nats.connect();
      const request = connection.request.bind(connection);
      let answered = 0;
      connection.request = async (subject, payload, options) => {
        const isEvent2 = typeof payload === "string" && payload.endsWith("\n2") && answered < times;
        if (!isEvent2) return request(subject, payload, options);
        answered++;
        const message = await request("$JS.API.INFO", "", { timeout: TIMEOUT_MS });
        const text = JSON.stringify({ stream: "sluice_orders", ...answer });
        return Object.defineProperty(message, "data", { value: new TextEncoder().encode(text) });
      };
      const channel = await nats.open({ connection });
      await channel.append([entry(1)]);
      return { channel, answered: () => answered };
    };

    it.each([0, 1, 2])("resends an event that NATS wrongly calls a duplicate (offset %i)", async (seq) => {
      const { channel, answered } = await openWithFalseAnswer({ seq, duplicate: true }, 2);
      expect(await channel.append([entry(2)])).toEqual([2]);
      expect(answered()).toBe(2);
      expect(await channel.read(0, 10, 10_000)).toMatchObject([{ data: "1" }, { data: "2" }]);
    });

    it("rejects an event that NATS calls a duplicate each time", async () => {
      const { channel } = await openWithFalseAnswer({ seq: 1, duplicate: true }, Number.POSITIVE_INFINITY);
      await expect(channel.append([entry(2)])).rejects.toThrow(/^NATS at 127.0.0.1:\d+ did not acknowledge the event/);
      expect(await channel.append([entry(3)])).toEqual([2]);
    });

    it("begins a new epoch without valid positions if NATS acknowledged an event that it lacks", async () => {
      const { channel } = await openWithFalseAnswer({ seq: 3 });
      const other = await nats.open();
      const lives: [string, number | undefined][] = [];
      const { epoch } = channel;
      for (const each of [channel, other]) {
        each.tail({ ...recorder().listener, reset: () => lives.push([each.epoch, each.holds(epoch)]) });
      }
      expect(await channel.append([entry(2)])).toEqual([3]);
      await other.append([entry(3)]);
      expect(lives).toEqual([]);
      await other.append([entry(4)]);
      await until("both logs have entered the new life", () => lives.length === 2);
      expect(lives).toEqual([
        [channel.epoch, undefined],
        [channel.epoch, undefined],
      ]);
      expect(channel.epoch).not.toBe(epoch);
      expect(await channel.append([entry(5)])).toEqual([4]);
    });
  });
});
