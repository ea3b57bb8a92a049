import pino, { type Logger } from "pino";
import { buildDesk, type Desk } from "./desk.ts";
import type { Flags } from "./flags.ts";
import { LogUnreachable } from "./log/log-unreachable.ts";
import { explain, fail } from "./start-failure.ts";
import { WorkerLink } from "./workers/worker-link.ts";

const REDACTED = ["req.headers.authorization", "req.headers.cookie"];

/** Starts a desk that is one process, and stops it in good order on Ctrl-C or SIGTERM. A second signal ends it at once. */
export async function runDesk(flags: Flags): Promise<void> {
  const { log, jwtSecret } = flags;
  const desk = await listening(flags, flags.port, () =>
    buildDesk({ logger: loggerFor(flags), log, ...(jwtSecret !== undefined && { jwtSecret }) }),
  );
  if (!("app" in desk)) return fail(desk.message);
  console.log(`desk listening on ${desk.origin()}`);
  await setGenerator(desk, flags);

  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) {
      desk.abandon();
      // `process.exit` may wait for ever for an LMDB that is just writing. It is made for being killed.
      if (log.kind === "lmdb") process.kill(process.pid, "SIGKILL");
      process.exit(130);
    }
    stopping = true;
    const { streams } = desk.sluice.stats();
    console.log(`desk stopping (${signal}): ending ${streams} streams, press Ctrl-C again to end at once`);
    await desk.drain(flags.drainMs);
    await desk.app.close();
    console.log("desk stopped");
  };
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => {
      stop(signal).catch((error: unknown) => fail(`desk could not stop in good order: ${error}`));
    });
  }
}

/** Starts one worker of a desk of several. The primary process says what it is to do, and when it is to stop. */
export async function runWorker(flags: Flags): Promise<void> {
  // Ctrl-C reaches every process of the terminal; the primary process decides.
  process.on("SIGINT", () => undefined);
  const link = new WorkerLink();
  const task = await link.begin();
  const { jwtSecret, exportsFolder, startedAt, name } = task;
  const logger = loggerFor(flags, name);
  const desk = await listening(flags, task.port, () =>
    buildDesk({ logger, log: flags.log, jwtSecret, exportsFolder, startedAt, worker: { name, link } }),
  );
  if (!("app" in desk)) {
    await link.failed(desk.message, desk.log);
    process.exit(1);
  }
  if (task.setsGenerator) await setGenerator(desk, flags);
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    await desk.drain(flags.drainMs);
    await desk.app.close();
    process.exit();
  };
  const stopOrDie = () =>
    void stop().catch((error: unknown) => {
      logger.error({ err: error }, "could not stop in good order");
      process.exit(1);
    });
  link.onDrain(stopOrDie);
  process.on("SIGTERM", stopOrDie);
  link.listening();
}

interface Failure {
  readonly message: string;
  /** Whether it is the log that cannot be reached. */
  readonly log: boolean;
}

async function listening(flags: Flags, port: number, build: () => Promise<Desk>): Promise<Desk | Failure> {
  let desk: Desk | undefined;
  try {
    desk = await build();
    const { host } = flags;
    await desk.app.listen({ port, host, listenTextResolver: (address) => `listening on ${address}` });
    return desk;
  } catch (error) {
    await desk?.app.close();
    return { message: explain(error, { port, host: flags.host }), log: error instanceof LogUnreachable };
  }
}

/** What the command line says holds from the start, also on a log that remembers what was before. */
async function setGenerator(desk: Desk, { generator }: Flags): Promise<void> {
  const state = { running: generator > 0, perSecond: generator > 0 ? generator : 1 };
  await desk.generator.set(state).catch((error: unknown) => desk.app.log.error({ err: error }, "background failure"));
}

function loggerFor({ logLevel }: Flags, worker?: string): Logger {
  return pino({
    level: logLevel,
    redact: REDACTED,
    ...(worker !== undefined && { base: { pid: process.pid, worker } }),
  });
}
