import { afterEach, describe, expect, it } from "vitest";
import { NATS, ServerProcess } from "../../../../../../scripts/programs/server-process.mjs";
import type { Log } from "../../../../src/logs/log.ts";
import { natsLog } from "../../../../src/logs/nats/nats-log.ts";
import { NATS_SERVER } from "../../../support/stores/nats-server.ts";
import { PASSWORD } from "../../redis/support/password.ts";
import { KEEP_ALL } from "../../support/contracts/log-contract.ts";
import { startConfigured } from "../support/nats-network.ts";
import { entry } from "../support/use-nats.ts";

const MEBIBYTE = 1_048_576;

describe.skipIf(NATS_SERVER === undefined)("a channel for which JetStream has no room", { timeout: 30_000 }, () => {
  let cleanUps: (() => PromiseLike<unknown>)[] = [];

  afterEach(async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
    cleanUps = [];
  });

  /** Starts a server with these settings of JetStream and of its account. Returns a function that makes logs. */
  const start = async (jetstream: object, account?: object, storage: "file" | "memory" = "file") => {
    const users = [{ user: "desk", password: PASSWORD }];
    const server = await startConfigured((store_dir) => ({
      jetstream: { store_dir, ...jetstream },
      ...(account === undefined ? { authorization: { users } } : { accounts: { desk: { jetstream: account, users } } }),
    }));
    cleanUps.push(() => server[Symbol.asyncDispose]());
    const newLog = (): Log => {
      const log = natsLog({ servers: `nats://desk:${PASSWORD}@127.0.0.1:${server.process.port}`, storage });
      cleanUps.push(async () => log.close());
      return log;
    };
    return newLog;
  };

  const open = (log: Log, name: string, mebibytes: number) =>
    Promise.resolve(log.open(name, { retain: { ...KEEP_ALL, bytes: mebibytes * MEBIBYTE } }));

  it.each([
    { of: "of the server's files", jetstream: { max_file_store: 20 * MEBIBYTE }, remedy: "max_file_store" },
    {
      of: "of the server's memory",
      jetstream: { max_memory_store: 20 * MEBIBYTE },
      storage: "memory" as const,
      remedy: "max_memory_store",
    },
    { of: "of the account's files", account: { max_file: 20 * MEBIBYTE, max_mem: 0 }, remedy: "max_file)" },
    {
      of: "of one stream of the account",
      account: { max_file: 99 * MEBIBYTE, max_mem: 0, disk_max_stream_bytes: 12 * MEBIBYTE },
      remedy: "max_file)",
    },
  ])("names the reservation and the limit $of", async ({ jetstream = {}, account, storage, remedy }) => {
    const log = (await start(jetstream, account, storage))();
    const first = await open(log, "first", 16);
    const error = (await open(log, "second", 32).catch((error: unknown) => error)) as Error;
    expect(error).toMatchObject({ code: "LOG_FAILED" });
    expect(error.message).toContain("refuses the stream sluice_second");
    expect(error.message).toContain(`reserves ${24 * MEBIBYTE} bytes`);
    expect(error.message).toContain(remedy);
    expect(error.message).not.toContain(PASSWORD);

    // The other channels go on, and a smaller retention fits.
    expect(await first.append([entry(1)])).toEqual([1]);
    expect(await (await open(log, "second", 1)).append([entry(1)])).toEqual([1]);
  });

  it("names the limit of streams", async () => {
    // The log itself has one: `sluice__lives`.
    const log = (await start({}, { max_file: 99 * MEBIBYTE, max_mem: 0, max_streams: 2 }))();
    await open(log, "first", 1);
    await expect(open(log, "second", 1)).rejects.toMatchObject({
      code: "LOG_FAILED",
      message: expect.stringMatching(/maximum number of streams reached.*max_streams/),
    });
  });

  it("refers to the server's log if the server has too many open files", async () => {
    const server = await ServerProcess.start(NATS, {
      wrap: (command, args) => ["sh", ["-c", 'ulimit -n 64; exec "$0" "$@"', command, ...args]],
    });
    cleanUps.push(() => server.stop());
    const log: Log = natsLog({ servers: server.url });
    cleanUps.push(async () => log.close());
    const openMany = async () => {
      for (let i = 0; i < 40; i++) await (await open(log, `many ${i}`, 1)).append([entry(i)]);
    };
    await expect(openMany()).rejects.toMatchObject({
      code: "LOG_FAILED",
      message: expect.stringContaining("limit of open files"),
    });
  });

  it("says why an existing channel cannot get a larger retention", async () => {
    const newLog = await start({ max_file_store: 20 * MEBIBYTE });
    const first = await open(newLog(), "first", 16);
    await expect(open(newLog(), "first", 64)).rejects.toMatchObject({
      code: "LOG_FAILED",
      message: expect.stringContaining(`reserves ${48 * MEBIBYTE} bytes`),
    });
    expect(await first.append([entry(1)])).toEqual([1]);
  });
});
