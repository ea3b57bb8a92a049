import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sleep } from "../../../../src/base/timers.ts";
import { natsLog } from "../../../../src/logs/nats/nats-log.ts";
import { type NatsServer, startNats } from "../../../support/stores/nats-server.ts";
import { closing } from "../../support/delete-contract.ts";
import { KEEP_ALL } from "../../support/log-contract.ts";

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
}, 30_000);

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
    await expect
      .poll(async () => (await next.open("doc", { retain: KEEP_ALL })).last, { timeout: 10_000, interval: 100 })
      .toBe(0);
  } finally {
    await next.close();
    await connection.close();
  }
}, 20_000);

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
}, 30_000);
