import pino from "pino";
import { buildDesk } from "./desk.ts";
import { FlagError, type Flags, readFlags, USAGE } from "./flags.ts";

/** Starts the desk, and stops it in good order on Ctrl-C or SIGTERM. A second signal ends it at once. */
async function main(flags: Flags): Promise<void> {
  const logger = pino({ level: flags.logLevel, redact: ["req.headers.authorization", "req.headers.cookie"] });
  const desk = await buildDesk({ logger, ...(flags.jwtSecret !== undefined && { jwtSecret: flags.jwtSecret }) });
  try {
    await desk.app.listen({
      port: flags.port,
      host: flags.host,
      listenTextResolver: (address) => `listening on ${address}`,
    });
  } catch (error) {
    await desk.app.close();
    return fail(explain(error, flags));
  }
  console.log(`desk listening on ${desk.origin()}`);
  if (flags.generator > 0) desk.generator.set({ running: true, perSecond: flags.generator });

  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) {
      desk.abandon();
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

function explain(error: unknown, { port, host }: Flags): string {
  const { code, message } = error as { code?: string; message: string };
  if (code === "EADDRINUSE") {
    return `Port ${port} on ${host} is taken by another program. Choose one with --port ${port + 1}, or --port 0 for any free one.`;
  }
  if (code === "EACCES")
    return `Port ${port} needs rights that this user has not. Choose a higher one, such as --port 8080.`;
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    return `This machine has no address ${host}. Choose one with --host 127.0.0.1, or --host 0.0.0.0 for all.`;
  }
  return message;
}

function fail(message: string): void {
  console.error(message);
  process.exitCode = 1;
}

try {
  const flags = readFlags(process.argv.slice(2), process.env);
  if (flags === "help") console.log(USAGE);
  else await main(flags);
} catch (error) {
  if (!(error instanceof FlagError)) throw error;
  fail(`${error.message}\n\n${USAGE}`);
}
