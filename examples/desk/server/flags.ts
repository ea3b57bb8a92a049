import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { LOG_FORMS, type LogChoice, readLogChoice, withoutPasswords } from "./log/log-choice.ts";

/** What one can say when starting the desk. */
export interface Flags {
  readonly port: number;
  readonly host: string;
  /** Orders per second that the generator places from the start; 0: it starts switched off. */
  readonly generator: number;
  /** How long streams may take to end when the desk stops, in ms. */
  readonly drainMs: number;
  /** Where the events are kept. */
  readonly log: LogChoice;
  /** Processes that share the port and the log. */
  readonly workers: number;
  readonly logLevel: string;
  readonly jwtSecret: string | undefined;
}

/** What the command line does not say clearly enough; the message is for the one who typed it. */
export class FlagError extends Error {}

/** How to use the command. */
export const USAGE = `Usage: npm start -- [flags]

  --port <number>       where to listen; 0 takes any free port   (PORT, default 8080)
  --host <address>      the address to listen on                 (HOST, default 127.0.0.1)
  --generator <number>  orders per second from the start; 0: off (default 1)
  --drain <seconds>     how long streams may take to end         (default 5)
  --log <log>           where the events are kept                (SLUICE_LOG, default memory)
                        memory, lmdb:<folder>, redis://<host>:<port> (or rediss://),
                        nats://<host>:<port> (or tls://; several with commas)
  --workers <number>    processes that share the port and a log  (default 1)
  --log-level <level>   debug, info, warn, error or silent       (LOG_LEVEL, default info)
  --help                this text

  JWT_SECRET            what signs the tokens, at least 32 bytes (default: a new one for each start)`;

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];
const LEAST_SECRET_BYTES = 32;
const MOST_WORKERS = 64;

/** Reads flags and environment; flags go first. `"help"` when that is what was asked for. Throws {@link FlagError}. */
export function readFlags(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Flags | "help" {
  const { values } = parse(args);
  if (values.help) return "help";
  const logLevel = values["log-level"] ?? env.LOG_LEVEL ?? "info";
  if (!LOG_LEVELS.includes(logLevel)) throw new FlagError(`--log-level must be one of ${LOG_LEVELS.join(", ")}.`);
  const jwtSecret = env.JWT_SECRET;
  if (jwtSecret !== undefined && Buffer.byteLength(jwtSecret) < LEAST_SECRET_BYTES) {
    throw new FlagError(`JWT_SECRET must be at least ${LEAST_SECRET_BYTES} bytes long. Leave it out to have one made.`);
  }
  const log = logOf(values.log ?? env.SLUICE_LOG ?? "memory", env);
  const workers = numberOf("--workers", values.workers, 1, { least: 1, most: MOST_WORKERS, whole: true });
  if (workers > 1 && log.kind === "memory") {
    throw new FlagError(
      "--workers needs a log that several processes share, and the memory log is one process's own. Choose one with --log lmdb:./data.",
    );
  }
  return {
    port: numberOf("--port", values.port ?? env.PORT, 8_080, { most: 65_535, whole: true }),
    host: values.host ?? env.HOST ?? "127.0.0.1",
    generator: numberOf("--generator", values.generator, 1, { most: 100 }),
    drainMs: numberOf("--drain", values.drain, 5, { most: 600 }) * 1_000,
    log,
    workers,
    logLevel,
    jwtSecret,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: "string" },
        host: { type: "string" },
        generator: { type: "string" },
        drain: { type: "string" },
        log: { type: "string" },
        workers: { type: "string" },
        "log-level": { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    // It repeats what it cannot place, which may be a URL with a password.
    throw new FlagError(withoutPasswords((error as Error).message));
  }
}

/** A folder is meant from where the command was typed, which npm notes down before it goes elsewhere. */
function logOf(text: string, env: Readonly<Record<string, string | undefined>>): LogChoice {
  const choice = readLogChoice(text);
  if (choice === undefined)
    throw new FlagError(`--log (SLUICE_LOG) must be ${LOG_FORMS}, but is "${withoutPasswords(text)}".`);
  return choice.kind === "lmdb" ? { kind: "lmdb", path: resolve(env.INIT_CWD ?? "", choice.path) } : choice;
}

interface NumberLimits {
  readonly least?: number;
  readonly most: number;
  readonly whole?: boolean;
}

function numberOf(
  name: string,
  text: string | undefined,
  otherwise: number,
  { least = 0, most, whole = false }: NumberLimits,
): number {
  if (text === undefined) return otherwise;
  const number = Number(text);
  if (text.trim() === "" || !(number >= least && number <= most) || (whole && !Number.isInteger(number))) {
    throw new FlagError(`${name} must be a ${whole ? "whole " : ""}number from ${least} to ${most}, but is "${text}".`);
  }
  return number;
}
