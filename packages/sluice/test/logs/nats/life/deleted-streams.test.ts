import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sleep } from "../../../../src/base/time/timers.ts";
import { natsLog } from "../../../../src/logs/nats/nats-log.ts";
import { type NatsServer, startNats } from "../../../support/stores/nats-server.ts";
import { closing } from "../../support/contracts/delete-contract.ts";
import { KEEP_ALL } from "../../support/contracts/log-contract.ts";

let server: NatsServer;
beforeAll(async () => {
  server = await startNats();
});
afterAll(() => server.stop());

it("leaves no stream and no life of channels that were made and deleted", async () => {
  const log = natsLog({ servers: server.url, prefix: "del", timeout: 10_000 });
  const connection = await connect({ servers: server.url });
  try {
    const jsm = await jetstreamManager(connection);
    const names = async () => (await jsm.streams.names().next()).filter((name) => name.startsWith("del"));
    const channels = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const channel = await log.open(`doc-${i}`, { retain: KEEP_ALL });
        channel.tail(closing(channel));
        await channel.append([{ type: "n", data: "1", json: true }]);
        return channel;
      }),
    );
    expect(await names()).toHaveLength(21);
    await Promise.all(channels.map((channel) => channel.delete()));
    expect(await names()).toEqual(["del__lives"]);
    const { state } = await jsm.streams.info("del__lives", { subjects_filter: "del._lives.>" });
    const lives = Object.keys(state.subjects ?? {}).filter((subject) => !subject.includes("._-"));
    expect(lives).toEqual([]);
  } finally {
    await log.close();
    await connection.close();
  }
});

it("completes a deletion whose process ended in between", async () => {
  const open = () => natsLog({ servers: server.url, prefix: "half", timeout: 500 });
  const log = open();
  const channel = await log.open("doc", { retain: KEEP_ALL });
  await channel.append([{ type: "n", data: "1", json: true }]);
  const { epoch } = channel;
  await log.close();
  const connection = await connect({ servers: server.url });
  const next = open();
  try {
    await connection.request("half._lives.doc", JSON.stringify({ deleting: epoch }));
    await expect.poll(async () => (await next.open("doc", { retain: KEEP_ALL })).last, { interval: 100 }).toBe(0);
  } finally {
    await next.close();
    await connection.close();
  }
});

it("leaves the stream to the process that began the deletion: later it might be that of the next life", async () => {
  const log = natsLog({ servers: server.url, prefix: "both", timeout: 10_000 });
  const connection = await connect({ servers: server.url });
  try {
    const jsm = await jetstreamManager(connection);
    const channel = await log.open("doc", { retain: KEEP_ALL });
    await channel.append([{ type: "n", data: "1", json: true }]);
    const { epoch } = channel;
    const stream = (await jsm.streams.names("both.>").next()).find((name) => !name.endsWith("__lives")) as string;
    // Another process has begun to delete the channel.
    await connection.request("both._lives.doc", JSON.stringify({ deleting: epoch, by: "other" }));
    let isDone = false;
    const deleting = channel.delete().then(() => {
      isDone = true;
    });
    await sleep(500);
    expect((await jsm.streams.info(stream)).state.messages).toBe(1);
    expect(isDone).toBe(false);
    await jsm.streams.delete(stream);
    await jsm.streams.purge("both__lives", { filter: "both._lives.doc" });
    await deleting;
    expect(channel.epoch).not.toBe(epoch);
    expect(await channel.append([{ type: "n", data: "2", json: true }])).toEqual([1]);
  } finally {
    await log.close();
    await connection.close();
  }
});

it("keeps the order of its appends while several deletions end one after another", async () => {
  const connection = await connect({ servers: server.url });
  const request = connection.request.bind(connection);
  const held: (() => void)[] = [];
  let isHolding = false;
  connection.request = async (subject, ...more) => {
    if (isHolding && subject === "$JS.API.STREAM.DELETE.order_doc") {
      await new Promise<void>((resolve) => held.push(resolve));
    }
    return request(subject, ...more);
  };
  const log = natsLog({ connection, prefix: "order", timeout: 10_000 });
  try {
    const channel = await log.open("doc", { retain: KEEP_ALL });
    const append = (n: number) => channel.append([{ type: "n", data: `${n}`, json: true }]);
    await append(0);
    isHolding = true;
    const first = channel.delete();
    await expect.poll(() => held.length).toBe(1);
    const second = channel.delete();
    const appends = [append(1)];
    isHolding = false;
    held.shift()?.();
    await first;
    appends.push(append(2), append(3));
    await second;
    appends.push(append(4));
    await Promise.all(appends);
    const found = await channel.read(0, 10, 1e6);
    expect(found !== "gone" && found.map(({ data }) => data)).toEqual(["1", "2", "3", "4"]);
  } finally {
    await log.close();
    await connection.close();
  }
});

it("creates a stream with the same subjects in all processes: a cluster may carry out several requests", async () => {
  const created: string[] = [];
  const release: (() => void)[] = [];
  const connections = await Promise.all([1, 2, 3].map(() => connect({ servers: server.url })));
  const logs = connections.map((connection) => {
    const request = connection.request.bind(connection);
    connection.request = async (subject, payload, ...more) => {
      if (subject === "$JS.API.STREAM.CREATE.many_doc") {
        created.push(JSON.parse(typeof payload === "string" ? payload : new TextDecoder().decode(payload)).subjects[0]);
        await new Promise<void>((resolve) => release.push(resolve));
      }
      return request(subject, payload, ...more);
    };
    return natsLog({ connection, prefix: "many", timeout: 10_000 });
  });
  try {
    const opening = logs.map((log) => log.open("doc", { retain: KEEP_ALL }));
    await expect.poll(() => created.length).toBe(3);
    for (const each of release) each();
    const channels = await Promise.all(opening);
    expect(new Set(created).size).toBe(1);
    expect(new Set(channels.map(({ epoch }) => epoch)).size).toBe(1);
  } finally {
    for (const log of logs) await log.close();
    for (const connection of connections) await connection.close();
  }
});
