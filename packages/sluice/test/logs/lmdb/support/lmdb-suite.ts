import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, vi } from "vitest";
import { type LmdbLogOptions, lmdbLog } from "../../../../src/logs/lmdb/lmdb-log.ts";
import type { ChannelLog, Log, LogEntry, Retention } from "../../../../src/logs/log.ts";
import { KEEP_ALL, recorder } from "../../support/log-contract.ts";
import { buildLmdbLog, type Program, runProgram } from "./lmdb-program.ts";

/** The folder of a suite, with `sluice/lmdb` built into it, and the logs that its tests open. */
export interface LmdbSuite {
  path(name: string): string;
  /** A log, closed when the test is over. */
  log(options: LmdbLogOptions): Log;
  /** The channel `orders` of a log of its own. */
  open(path: string, retain?: Retention): Promise<ChannelLog>;
  /** The same, and all that its tail is told. */
  follow(path: string): Promise<{ readonly channel: ChannelLog; readonly seen: LogEntry[] }>;
  /** Runs a program; its arguments are the path and these. */
  run(source: string, path: string, ...args: string[]): Promise<Program>;
}

/** Makes the folder before the first test of the suite that this is called in, and removes it after the last. */
export function lmdbSuite(): LmdbSuite {
  let folder: string;
  const logs: Log[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-lmdb-"));
    await buildLmdbLog(folder);
  });

  afterEach(async () => {
    vi.useRealTimers();
    for (const log of logs.splice(0)) await log.close();
  });

  afterAll(() => rm(folder, { recursive: true }));

  const suite: LmdbSuite = {
    path: (name) => join(folder, name),
    log(options) {
      const log = lmdbLog(options);
      logs.push(log);
      return log;
    },
    open: async (path, retain = KEEP_ALL) => suite.log({ path }).open("orders", { retain }),
    async follow(path) {
      const channel = await suite.open(path);
      const { seen, listener } = recorder();
      channel.tail(listener);
      return { channel, seen };
    },
    run: (source, path, ...args) => runProgram(folder, source, [path, ...args]),
  };
  return suite;
}
