import pino, { type Logger } from "pino";
import { buildDesk, type Desk } from "./desk.ts";
import type { Flags } from "./flags.ts";
import { LogUnreachable } from "./log/log-unreachable.ts";
import { exitWithMessage, explainStartFailure } from "./start-failure.ts";
import { allowedHosts, certificateOf, SELF_SIGNED } from "./tls/own-certificate.ts";
import { WorkerLink } from "./workers/worker-link.ts";

const REDACTED = ["req.headers.authorization", "req.headers.cookie"];

/**
 * Starts a desk of one process. On Ctrl-C or SIGTERM the desk drains and stops; on a second signal it exits at once.
 */
export async function runDesk(flags: Flags): Promise<void> {
  const { log, jwtSecret } = flags;
  const allowHosts = allowedHosts(flags);
  const certificate = certificateOf(flags);
  const desk = await startDesk(flags, flags.port, () =>
    buildDesk({
      logger: loggerFor(flags),
      log,
      allowHosts,
      certificate,
      ...(jwtSecret !== undefined && { jwtSecret }),
    }),
  );
  if (!("app" in desk)) return exitWithMessage(desk.message);
  console.log(`desk listening on ${desk.origin()}`);
  if (flags.https === "self-signed") console.log(SELF_SIGNED);
  await setGenerator(desk, flags);

  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) {
      desk.deleteExportsNow();
      // `process.exit` may wait for ever while LMDB is writing. LMDB survives SIGKILL.
      if (log.kind === "lmdb") process.kill(process.pid, "SIGKILL");
      process.exit(130);
    }
    stopping = true;
    const { streams } = desk.sluice.stats();
    const open = `${streams} open ${streams === 1 ? "stream" : "streams"}`;
    console.log(`desk stopping (${signal}): ending ${open}. Press Ctrl-C again to exit at once.`);
    await desk.drain(flags.drainMs);
    await desk.app.close();
    console.log("desk stopped");
  };
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => {
      stop(signal).catch((error: unknown) => exitWithMessage(`desk could not stop cleanly: ${error}`));
    });
  }
}

/** Starts one worker of a desk with several workers. The primary process sends the task and the command to drain. */
export async function runWorker(flags: Flags): Promise<void> {
  // Ctrl-C reaches every process of the terminal. Only the primary process acts on it.
  process.on("SIGINT", () => undefined);
  const link = new WorkerLink();
  const task = await link.begin();
  const { jwtSecret, exportsFolder, startedAt, name, certificate } = task;
  const logger = loggerFor(flags, name);
  const allowHosts = allowedHosts(flags);
  const desk = await startDesk(flags, task.port, () =>
    buildDesk({
      logger,
      log: flags.log,
      allowHosts,
      certificate,
      jwtSecret,
      exportsFolder,
      startedAt,
      worker: { name, link },
    }),
  );
  if (!("app" in desk)) {
    await link.reportFailure(desk.message, desk.logUnreachable);
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
  const stopAndExit = () =>
    void stop().catch((error: unknown) => {
      logger.error({ err: error }, "could not stop cleanly");
      process.exit(1);
    });
  link.onDrain(stopAndExit);
  process.on("SIGTERM", stopAndExit);
  link.reportListening();
}

interface StartFailure {
  readonly message: string;
  /** True if the desk did not start because its log cannot be reached. */
  readonly logUnreachable: boolean;
}

/** Builds the desk and resolves to it once it listens, or resolves to the reason why it could not start. */
async function startDesk(flags: Flags, port: number, build: () => Promise<Desk>): Promise<Desk | StartFailure> {
  let desk: Desk | undefined;
  try {
    desk = await build();
    const { host } = flags;
    await desk.app.listen({ port, host, listenTextResolver: (address) => `listening on ${address}` });
    return desk;
  } catch (error) {
    await desk?.app.close();
    const message = explainStartFailure(error, { port, host: flags.host });
    return { message, logUnreachable: error instanceof LogUnreachable };
  }
}

/** Sets the generator to the rate on the command line, which overrides the state kept in the log. */
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
