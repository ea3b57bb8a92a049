import { Socket } from "node:net";
import { inspect } from "node:util";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ChannelLog, LogEntry, NewEntry } from "../../../src/logs/log.ts";
import { type NatsLogOptions, natsLog } from "../../../src/logs/nats/nats-log.ts";
import { NATS_SERVER, type NatsServer, startNats } from "../../support/nats-server.ts";
import { startProxy, type TcpProxy } from "../../support/tcp-proxy.mjs";
import { turns } from "../../support/turns.ts";
import { until } from "../../support/until.ts";
import { KEEP_ALL, recorder } from "../support/log-contract.ts";

const TIMEOUT_MS = 1_500;

describe.skipIf(NATS_SERVER === undefined)("natsLog, when something breaks", { timeout: 30_000 }, () => {
  let server: NatsServer;
  let cleanUps: (() => unknown)[];

  beforeEach(async () => {
    cleanUps = [];
    server = await startNats();
  });

  afterEach(async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
    await server.stop();
  });

  const entry = (n: number, more: Partial<NewEntry> = {}): NewEntry => ({
    type: "n",
    data: String(n),
    json: true,
    ...more,
  });
  const newLog = (more: Partial<NatsLogOptions> = {}) => {
    const log = natsLog({ ...(more.connection ? {} : { servers: server.url }), timeout: TIMEOUT_MS, ...more });
    cleanUps.push(() => log.close());
    return log;
  };
  const open = async (more: Partial<NatsLogOptions> = {}): Promise<ChannelLog> =>
    newLog(more).open("orders", { retain: KEEP_ALL });
  const proxied = async (): Promise<[ChannelLog, TcpProxy]> => {
    const proxy = await startProxy(server.port);
    cleanUps.push(() => proxy[Symbol.asyncDispose]());
    return [await open({ servers: `nats://127.0.0.1:${proxy.port}` }), proxy];
  };
  const admin = async () => {
    const connection = await connect({ servers: server.url });
    cleanUps.push(() => connection.close());
    return jetstreamManager(connection);
  };
  /** Publishes until told to stop; what was acknowledged, by offset. */
  const publisher = (channel: ChannelLog, from = 0) => {
    const acknowledged = new Map<number, number>();
    let isStopped = false;
    let n = from;
    let refused = 0;
    const run = async () => {
      while (!isStopped) {
        const numbers = [n++, n++, n++];
        await Promise.all(
          numbers.map(async (number) => {
            try {
              const [offset] = await channel.append([entry(number)]);
              acknowledged.set(offset as number, number);
            } catch {
              refused++;
            }
          }),
        );
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    };
    const done = run();
    return {
      acknowledged,
      refused: () => refused,
      stop: async () => {
        isStopped = true;
        await done;
      },
    };
  };
  const all = async (channel: ChannelLog): Promise<readonly LogEntry[]> => {
    await channel.sync();
    return (await channel.read(channel.first - 1, 100_000, Number.POSITIVE_INFINITY)) as readonly LogEntry[];
  };
  const eventually = async (channel: ChannelLog) => {
    await until("the log answers", () =>
      Promise.resolve(channel.sync()).then(
        () => true,
        () => false,
      ),
    );
  };

  test("a server that is killed and comes back with its data begins a new life in which all positions hold", async () => {
    const channel = await open();
    const { seen, listener } = recorder();
    channel.tail({ ...listener, reset: () => {} });
    const { epoch } = channel;
    await channel.append([entry(1), entry(2, { id: "own" })]);
    await server.kill();
    await server.start();
    await eventually(channel);
    expect(channel.epoch).not.toBe(epoch);
    expect(channel.holds(epoch)).toBe(2);
    expect(channel).toMatchObject({ first: 1, last: 2 });
    expect(await channel.append([entry(2, { id: "own" }), entry(3)])).toEqual([2, 3]);
    expect(seen.map(({ data }) => Number(data))).toEqual([1, 2, 3]);
  });

  test("a server that comes back without its data begins a new life, in which nothing holds", async () => {
    const [a, b] = [await open(), await open()];
    const { epoch } = a;
    await a.append([entry(1), entry(2)]);
    await b.sync();
    let resets = 0;
    b.tail({ ...recorder().listener, reset: () => resets++ });
    await server.kill();
    await server.start("lost");
    await eventually(a);
    await eventually(b);
    expect(a.epoch).not.toBe(epoch);
    expect(b.epoch).toBe(a.epoch);
    expect(a.holds(epoch)).toBeUndefined();
    expect(resets).toBe(1);
    expect(await a.append([entry(9)])).toEqual([1]);
    expect(await all(b)).toMatchObject([entry(9)]);
  });

  test("a server that comes back behind begins a new life, in which nothing holds, since something is lost", async () => {
    const channel = await open();
    await channel.append([entry(1), entry(2)]);
    await server.kill("SIGTERM");
    await server.save();
    await server.start();
    await eventually(channel);
    const { epoch } = channel;
    await channel.append([entry(3), entry(4), entry(5)]);
    expect(channel.last).toBe(5);
    await server.kill();
    await server.start("saved");
    await eventually(channel);
    expect(channel.epoch).not.toBe(epoch);
    expect(channel.last).toBe(2);
    expect(channel.holds(epoch)).toBeUndefined();
    expect(await channel.append([entry(6)])).toEqual([3]);
    expect((await all(channel)).map(({ data }) => data)).toEqual(["1", "2", "6"]);
  });

  test("SIGKILL under load: what was acknowledged is there once, and every process sees the same", async () => {
    const [a, b, c] = [await open(), await open(), await open()];
    const { seen, listener } = recorder();
    c.tail({ ...listener, reset: () => {} });
    const publishers = [publisher(a, 0), publisher(b, 1_000_000)];
    const moreOfEach = async () => {
      const enough = publishers.map(({ acknowledged }) => acknowledged.size + 30);
      const haveEnough = () => publishers.every(({ acknowledged }, i) => acknowledged.size >= enough[i]!);
      await until("each publisher has published more", haveEnough);
    };
    for (let i = 0; i < 3; i++) {
      await moreOfEach();
      await server.kill();
      await server.start();
    }
    await moreOfEach();
    for (const { stop } of publishers) await stop();
    for (const channel of [a, b, c]) await eventually(channel);
    const kept = await all(c);
    expect(kept.map(({ offset }) => offset)).toEqual(kept.map((_, i) => i + 1));
    const numbers = kept.map(({ data }) => Number(data));
    expect(new Set(numbers).size).toBe(numbers.length);
    for (const { acknowledged } of publishers) {
      for (const [offset, number] of acknowledged) expect(numbers[offset - 1]).toBe(number);
    }
    expect(seen.map(({ data }) => Number(data))).toEqual(numbers);
    expect(a.epoch).toBe(b.epoch);
    expect(a.epoch).toBe(c.epoch);
  });

  test("processes that come to a new server at the same moment, and back to it, agree on its life", async () => {
    const channels = await Promise.all([open(), open(), open(), open()]);
    await channels[0]!.append([entry(1)]);
    for (const data of ["kept", "lost", "kept"] as const) {
      await server.kill();
      await server.start(data);
      await Promise.all(channels.map(eventually));
      expect(new Set(channels.map(({ epoch }) => epoch)).size).toBe(1);
    }
  });

  test("a server that is stopped for longer than the timeout is told, and then all goes on", async () => {
    const channel = await open();
    const other = await open();
    const { seen, listener } = recorder();
    other.tail({ ...listener, reset: () => {} });
    await channel.append([entry(1)]);
    server.pause();
    await until("it is stopped", () =>
      Promise.resolve(channel.sync()).then(
        () => false,
        () => true,
      ),
    );
    const refused = channel.append([entry(2)]);
    await expect(refused).rejects.toThrow("NATS did not acknowledge");
    await expect(channel.sync()).rejects.toThrow("NATS did not");
    await expect(channel.read(0, 10, 1e6)).rejects.toThrow("NATS did not");
    await expect(channel.positionOf("own")).rejects.toThrow("NATS did not");
    await expect(newLog().open("orders", { retain: KEEP_ALL })).rejects.toThrow("NATS");
    server.resume();
    await eventually(channel);
    await channel.append([entry(3)]);
    await eventually(other);
    const kept = (await all(other)).map(({ data }) => Number(data));
    expect(seen.map(({ data }) => Number(data))).toEqual(kept);
    // The one that was refused may be kept, and then once.
    expect(kept.filter((n) => n !== 2)).toEqual([1, 3]);
    expect(kept.length).toBeLessThanOrEqual(3);
  });

  test("a connection that is cut costs no event: what was under way is sent again, once and in order", async () => {
    const [channel, proxy] = await proxied();
    const { epoch } = channel;
    for (let round = 0; round < 5; round++) {
      const appends = Array.from({ length: 200 }, (_, i) => channel.append([entry(round * 200 + i)]));
      await new Promise((resolve) => setTimeout(resolve, round));
      proxy.cut();
      await Promise.all(appends);
    }
    expect((await all(channel)).map(({ data }) => Number(data))).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
    expect(channel.epoch).toBe(epoch);
  });

  test("answers that vanish on the way are asked for again by the next connection", async () => {
    const [channel, proxy] = await proxied();
    await channel.append([entry(1)]);
    proxy.pause();
    const append = channel.append([entry(2), entry(3, { id: "own" })]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    proxy.cut();
    proxy.resume();
    expect(await append).toEqual([2, 3]);
    expect(await all(channel)).toHaveLength(3);
  });

  test("a half-open connection is noticed, and left for another", async () => {
    const [channel, proxy] = await proxied();
    await channel.append([entry(1)]);
    proxy.swallow();
    await expect(channel.append([entry(2)])).rejects.toThrow("NATS did not acknowledge");
    proxy.resume();
    await eventually(channel);
    const [offset] = await channel.append([entry(3)]);
    expect((await all(channel))[(offset as number) - 1]).toMatchObject(entry(3));
  });

  test("a tail goes on when the server has forgotten its consumer", async () => {
    const [a, b] = [await open(), await open()];
    const { seen, listener } = recorder();
    b.tail(listener);
    await a.append([entry(1)]);
    await until("b sees it", () => seen.length === 1);
    const jsm = await admin();
    const consumers = await jsm.consumers.list("sluice_orders").next();
    for (const { name } of consumers) await jsm.consumers.delete("sluice_orders", name);
    await a.append([entry(2)]);
    await until("b sees what came after", () => seen.length === 2);
    expect(seen.map(({ data }) => data)).toEqual(["1", "2"]);
    expect(b.epoch).toBe(a.epoch);
  });

  test("a stream that somebody deletes is made anew, as a new life", async () => {
    const [a, b] = [await open(), await open()];
    const { epoch } = a;
    await a.append([entry(1), entry(2)]);
    await b.sync();
    await (await admin()).streams.delete("sluice_orders");
    expect(await b.read(0, 10, 1e6)).toEqual([]);
    expect(await a.append([entry(3)])).toEqual([1]);
    expect(a.epoch).not.toBe(epoch);
    expect(a.holds(epoch)).toBeUndefined();
    await b.sync();
    expect(b).toMatchObject({ epoch: a.epoch, first: 1, last: 1 });
    expect(await b.read(0, 10, 1e6)).toMatchObject([entry(3)]);
  });

  test("a stream that somebody made anew with more in it than before is a new life", async () => {
    const [a, b] = [await open(), await open()];
    const { epoch } = a;
    await a.append([entry(1)]);
    await b.sync();
    const jsm = await admin();
    const { config } = await jsm.streams.info("sluice_orders");
    await jsm.streams.delete("sluice_orders");
    await jsm.streams.add(config);
    for (let i = 0; i < 5; i++) await a.append([entry(10 + i)]);
    await b.sync();
    expect(b.epoch).not.toBe(epoch);
    expect(b.holds(epoch)).toBeUndefined();
    expect(await b.read(0, 10, 1e6)).toMatchObject([10, 11, 12, 13, 14].map((n) => entry(n)));
  });

  test("without a server opening rejects, and can be tried again", async () => {
    await server.kill();
    const log = newLog();
    await expect(log.open("orders", { retain: KEEP_ALL })).rejects.toThrow(
      `There is no connection to NATS at 127.0.0.1:${server.port}: connection refused.`,
    );
    await server.start();
    const channel = await log.open("orders", { retain: KEEP_ALL });
    expect(await channel.append([entry(1)])).toEqual([1]);
  });

  test("a connection of the user's is used, and stays open", async () => {
    const connection = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
    cleanUps.push(() => connection.close());
    const log = newLog({ connection });
    const channel = await log.open("orders", { retain: KEEP_ALL });
    await channel.append([entry(1)]);
    await server.kill();
    await expect(channel.append([entry(2)])).rejects.toThrow("NATS did not acknowledge");
    await server.start();
    await eventually(channel);
    await channel.append([entry(3)]);
    await log.close();
    expect(connection.isClosed()).toBe(false);
    await connection.flush();
    await expect(channel.append([entry(4)])).rejects.toMatchObject({ code: "CLOSED" });
  });

  test("can be closed while there is no server, with events under way", async () => {
    const log = newLog();
    const channel = await log.open("orders", { retain: KEEP_ALL });
    await server.kill();
    const append = channel.append([entry(1)]);
    const told = expect(append).rejects.toMatchObject({ code: "CLOSED" });
    await log.close();
    await told;
  });

  test("can be closed in the moment in which the server goes, with events under way", async () => {
    const emit = Socket.prototype.emit as (...parts: unknown[]) => boolean;
    cleanUps.push(() => void (Socket.prototype.emit = emit));
    for (let turnsAfter = 0; turnsAfter < 4; turnsAfter++) {
      const log = newLog();
      const channel = await log.open("orders", { retain: KEEP_ALL });
      // Where the client hears of it, before it has done anything about it.
      const ended = new Promise<void>((resolve) => {
        Socket.prototype.emit = function (this: Socket, name: string, ...more: unknown[]) {
          if (name === "end" && this.localAddress !== undefined) resolve();
          return emit.call(this, name, ...more);
        };
      });
      const killed = server.kill();
      // A connection that is reset has no such end.
      await Promise.race([ended, killed]);
      await turns(turnsAfter);
      const told = expect(channel.append([entry(1)])).rejects.toMatchObject({ code: "CLOSED" });
      await log.close();
      await told;
      await killed;
      await server.start();
    }
  });

  describe("is answered by NATS what is not so", () => {
    /** Answers this to what is published of entry 2, `times` times, without handing it on. */
    const answering = async (answer: { seq: number; duplicate?: boolean }, times = 1) => {
      const connection = await connect({ servers: server.url });
      cleanUps.push(() => connection.close());
      const request = connection.request.bind(connection);
      let told = 0;
      connection.request = async (subject, payload, options) => {
        const isEntry = typeof payload === "string" && payload.endsWith("\n2") && told < times;
        if (!isEntry) return request(subject, payload, options);
        told++;
        const any = await request("$JS.API.INFO", "", { timeout: TIMEOUT_MS });
        const said = JSON.stringify({ stream: "sluice_orders", ...answer });
        return Object.defineProperty(any, "data", { value: new TextEncoder().encode(said) });
      };
      const channel = await open({ connection });
      await channel.append([entry(1)]);
      return { channel, told: () => told };
    };

    test.each([0, 1, 2])("that it has an event already: it is sent again (offset %i)", async (seq) => {
      const { channel, told } = await answering({ seq, duplicate: true }, 2);
      expect(await channel.append([entry(2)])).toEqual([2]);
      expect(told()).toBe(2);
      expect(await channel.read(0, 10, 10_000)).toMatchObject([{ data: "1" }, { data: "2" }]);
    });

    test("for ever that it has an event already: it rejects", async () => {
      const { channel } = await answering({ seq: 1, duplicate: true }, Number.POSITIVE_INFINITY);
      await expect(channel.append([entry(2)])).rejects.toThrow(/NATS did not acknowledge the event/);
      expect(await channel.append([entry(3)])).toEqual([2]);
    });

    test("that it has taken an event, which it then has not: that is a new life, in which nothing holds", async () => {
      const { channel } = await answering({ seq: 3 });
      const other = await open();
      const lives: [string, number | undefined][] = [];
      const { epoch } = channel;
      for (const each of [channel, other]) {
        each.tail({ ...recorder().listener, reset: () => lives.push([each.epoch, each.holds?.(epoch)]) });
      }
      expect(await channel.append([entry(2)])).toEqual([3]);
      await other.append([entry(3)]);
      expect(lives).toEqual([]);
      await other.append([entry(4)]);
      await until("both are told", () => lives.length === 2);
      expect(lives).toEqual([
        [channel.epoch, undefined],
        [channel.epoch, undefined],
      ]);
      expect(channel.epoch).not.toBe(epoch);
      expect(await channel.append([entry(5)])).toEqual([4]);
    });
  });

  test("an event with a lone surrogate is what it was, also by the next connection", async () => {
    const connection = await connect({ servers: server.url, reconnectTimeWait: 10 });
    cleanUps.push(() => connection.close());
    const subscribe = connection.subscribe.bind(connection);
    // So that the log knows the event from whoever appended it, and not from the tail.
    connection.subscribe = (subject, { callback = () => {}, ...options } = {}) =>
      subscribe(subject, { ...options, callback: (...heard) => void setTimeout(callback, 100, ...heard) });
    const channel = await open({ connection });
    const { epoch } = channel;
    await channel.append([{ type: "n", data: "a\ud800b", json: false }]);
    const before = connection.info?.client_id;
    await connection.reconnect();
    await until("there is another connection", () => (connection.info?.client_id ?? before) !== before);
    await channel.sync();
    expect(channel.epoch).toBe(epoch);
    expect(await channel.read(0, 1, 1)).toMatchObject([{ data: "a\ufffdb" }]);
  });

  test("a connection that the user closes is told", async () => {
    const connection = await connect({ servers: server.url });
    const channel = await open({ connection });
    await connection.close();
    await expect(channel.append([entry(1)])).rejects.toThrow();
    await expect(channel.sync()).rejects.toThrow("The connection to NATS is closed.");
  });

  test("an event that is larger than the server takes is refused, and the others are not", async () => {
    const channel = await open();
    const large = channel.append([entry(1, { data: "x".repeat(2_000_000), json: false })]);
    const small = channel.append([entry(2)]);
    await expect(large).rejects.toThrow("max_payload");
    expect(await small).toEqual([1]);
  });

  test("what somebody else writes to its subject does no harm", async () => {
    const channel = await open();
    const { seen, listener } = recorder();
    channel.tail(listener);
    const connection = await connect({ servers: server.url });
    cleanUps.push(() => connection.close());
    for (const text of ["{", "[]\nx", ""]) connection.publish("sluice.orders.e", text);
    await connection.flush();
    expect(await channel.append([entry(1)])).toEqual([4]);
    await until("all is told", () => seen.length === 4);
    expect(await all(channel)).toMatchObject([{ data: "{" }, { data: "[]\nx" }, { data: "" }, entry(1)]);
  });

  test("a long replay leaves no consumers behind", async () => {
    const channel = await open({ timeout: 20_000 });
    await channel.append(Array.from({ length: 3_000 }, (_, i) => entry(i)));
    const offsets: number[] = [];
    for (let after = 0; after < 3_000; ) {
      const page = (await channel.read(after, 128, 1e6)) as readonly LogEntry[];
      offsets.push(...page.map(({ offset }) => offset));
      after = offsets.at(-1) as number;
    }
    expect(offsets).toEqual(Array.from({ length: 3_000 }, (_, i) => i + 1));
    const jsm = await admin();
    const consumers = async () => (await jsm.streams.info("sluice_orders")).state.consumer_count;
    // That of the tail, and one that reads.
    await expect.poll(consumers).toBe(2);
    // Many places at once keep few.
    await Promise.all(Array.from({ length: 40 }, (_, i) => channel.read(i * 50, 10, 1e6)));
    await until("few are left", async () => (await consumers()) <= 10);
    await channel.close();
    await until("all consumers are gone", async () => (await consumers()) === 0);
  });

  test("a request for entries that nobody answers is made again, in time", async () => {
    const connection = await connect({ servers: server.url });
    cleanUps.push(() => connection.close());
    const publish = connection.publish.bind(connection);
    let lost = 0;
    connection.publish = (subject, ...more) => {
      if (subject.startsWith("$JS.API.CONSUMER.MSG.NEXT.") && lost++ === 0) return;
      publish(subject, ...more);
    };
    const channel = await open({ connection });
    await channel.append([entry(1), entry(2)]);
    expect(await channel.read(0, 10, 10_000)).toMatchObject([{ data: "1" }, { data: "2" }]);
    expect(lost).toBeGreaterThan(1);
  });

  test("reads an entry that is larger than a page, and none twice", async () => {
    const channel = await open();
    const sizes = [10, 900_000, 10, 700_000, 800_000, 10];
    for (const [i, size] of sizes.entries()) {
      await channel.append([entry(i, { data: "x".repeat(size), json: false })]);
    }
    for (const bytes of [1, 1_000, 1_000_000]) {
      const lengths: number[] = [];
      for (let after = 0; after < sizes.length; ) {
        const page = (await channel.read(after, 100, bytes)) as readonly LogEntry[];
        expect(page.length).toBeGreaterThan(0);
        lengths.push(...page.map(({ data }) => data.length));
        after += page.length;
      }
      expect(lengths).toEqual(sizes);
    }
  });

  test("another retention is given to the stream when it is opened with it", async () => {
    const channel = await open();
    await channel.append(Array.from({ length: 20 }, (_, i) => entry(i)));
    const again = await newLog().open("orders", { retain: { ...KEEP_ALL, events: 5 } });
    expect(again).toMatchObject({ first: 16, last: 20 });
    await channel.sync();
    expect(channel.first).toBe(16);
    expect(await channel.read(0, 10, 1e6)).toBe("gone");
  });
});

describe.skipIf(NATS_SERVER === undefined)("natsLog and its password", () => {
  const SECRET = "s3cret/ü:@";
  const encoded = encodeURIComponent(SECRET);

  const failure = async (servers: string): Promise<string> => {
    const log = natsLog({ servers, timeout: 1_000 });
    try {
      await log.open("orders", { retain: KEEP_ALL });
    } catch (error) {
      return inspect(error, { depth: 20, showHidden: true });
    } finally {
      await log.close();
    }
    throw new Error("It was opened.");
  };

  test("connects with it, and never shows it", async () => {
    await using server = await startNats({ user: "app", pass: SECRET });
    const right = natsLog({ servers: `nats://app:${encoded}@127.0.0.1:${server.port}` });
    const channel = await right.open("orders", { retain: KEEP_ALL });
    expect(await channel.append([{ type: "", data: "1", json: true }])).toEqual([1]);
    await right.close();
    for (const pass of [`wrong${encoded}`, `1234${encoded}`]) {
      const shown = await failure(`nats://app:${pass}@127.0.0.1:${server.port}`);
      expect(shown).toContain("Authorization");
      for (const secret of [SECRET, encoded, "s3cret"]) expect(shown).not.toContain(secret);
    }
  });

  test.each([
    ["nobody listens", "127.0.0.1:1"],
    ["there is no such host", "nowhere.invalid:4222"],
  ])("does not show it where %s", async (_, host) => {
    const shown = await failure(`nats://app:${encoded}@${host}`);
    expect(shown).toContain(host);
    for (const secret of [SECRET, encoded, "s3cret"]) expect(shown).not.toContain(secret);
  });

  test.each([
    "http://app:s3cret@host",
    "nats://app:s3cret@",
    "nats://app:s3cret@host:99999",
    ["nats://app:s3cret@a", "nats://b"],
    [],
    7,
  ])("does not show it where the option is wrong: case %#", (servers) => {
    let error: unknown;
    try {
      natsLog({ servers: servers as string });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: "INVALID_OPTION" });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain("s3cret");
  });
});

describe("natsLog's options", () => {
  test.each([
    [{}],
    [{ servers: "nats://a", connection: {} }],
    [{ connection: {} }],
    [{ servers: "nats://a", prefix: "a.b" }],
    [{ servers: "nats://a", prefix: "" }],
    [{ servers: "nats://a", timeout: 0 }],
    [{ servers: "nats://a", replicas: 6 }],
    [{ servers: "nats://a", storage: "disk" }],
    [{ servers: "nats://a", retention: 5 }],
  ])("refuses %j", (options) => {
    expect(() => natsLog(options as NatsLogOptions)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  });
});
