import { parseArgs } from "node:util";

/** What one can say when starting the desk. */
export interface Flags {
  readonly port: number;
  readonly host: string;
  /** Orders per second that the generator places from the start; 0: it starts switched off. */
  readonly generator: number;
  /** How long streams may take to end when the desk stops, in ms. */
  readonly drainMs: number;
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
  --log-level <level>   debug, info, warn, error or silent       (LOG_LEVEL, default info)
  --help                this text

  JWT_SECRET            what signs the tokens, at least 32 bytes (default: a new one for each start)`;

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];
const LEAST_SECRET_BYTES = 32;

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
  return {
    port: numberOf("--port", values.port ?? env.PORT, 8_080, 65_535, true),
    host: values.host ?? env.HOST ?? "127.0.0.1",
    generator: numberOf("--generator", values.generator, 1, 100, false),
    drainMs: numberOf("--drain", values.drain, 5, 600, false) * 1_000,
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
        "log-level": { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new FlagError((error as Error).message);
  }
}

function numberOf(name: string, text: string | undefined, otherwise: number, most: number, whole: boolean): number {
  if (text === undefined) return otherwise;
  const number = Number(text);
  if (text.trim() === "" || !(number >= 0 && number <= most) || (whole && !Number.isInteger(number))) {
    throw new FlagError(`${name} must be a ${whole ? "whole " : ""}number from 0 to ${most}, but is "${text}".`);
  }
  return number;
}
