import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, vi } from "vitest";
import { type LmdbLogOptions, lmdbLog } from "../../../../src/logs/lmdb/lmdb-log.ts";
import type { ChannelLog, Log, LogEntry, Retention } from "../../../../src/logs/log.ts";
import { KEEP_ALL, recorder } from "../../support/contracts/log-contract.ts";
import { runInContainer } from "./container.ts";
import { buildLmdbLog, type Program, runProgram } from "./lmdb-program.ts";

/** The folder of a suite, with `sluice/lmdb` built into it, and the logs that its tests open. */
export interface LmdbSuite {
  /** Returns a path in the folder. */
  path(name: string): string;
  /** Returns a log that is closed at the end of the test. */
  log(options: LmdbLogOptions): Log;
  /** Opens the channel `orders` with a log of its own. */
  open(path: string, retain?: Retention): Promise<ChannelLog>;
  /** Does the same, and also returns all entries that the channel's tail receives. */
  follow(path: string): Promise<{ readonly channel: ChannelLog; readonly seen: LogEntry[] }>;
  /** Runs a program with the path and these arguments. It is killed at the end of the test. */
  run(source: string, path: string, ...args: string[]): Promise<Program>;
  /** Runs a program with the path in a container: a process of another PID namespace, with the PID 1. */
  runInContainer(source: string, path: string): Promise<Program>;
}

/** Creates the folder before the first test of the calling suite, and removes it after the last. */
export function lmdbSuite(): LmdbSuite {
  let folder: string;
  const logs: Log[] = [];
  const programs: Program[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-lmdb-"));
    await buildLmdbLog(folder);
  });

  afterEach(async () => {
    vi.useRealTimers();
    for (const log of logs.splice(0)) await log.close();
    for (const { child, ended } of programs.splice(0)) {
      child.kill("SIGKILL");
      await ended;
    }
  });

  const run = async (...args: Parameters<typeof runProgram>) => {
    const program = await runProgram(...args);
    programs.push(program);
    return program;
  };

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
    run: (source, path, ...args) => run(folder, source, [path, ...args]),
    runInContainer: (source, path) => runInContainer(path, (launcher) => run(folder, source, [path], launcher)),
  };
  return suite;
}
