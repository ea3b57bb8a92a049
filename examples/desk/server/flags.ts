import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { MAX_RUNNING } from "./exports/export-permits.ts";
import { readHostname } from "./host-name.ts";
import { LOG_FORMS, type LogChoice, readLogChoice, withoutPasswords } from "./log/log-choice.ts";
import { MAX_STREAMS_PER_USER } from "./streams/stream-keys.ts";
import { type Certificate, readCertificate } from "./tls/certificate.ts";

/** Flags of the `desk` command. */
export interface Flags {
  readonly port: number;
  readonly host: string;
  /** How the desk serves HTTPS: with a certificate that it makes for itself, or one that it was given. */
  readonly https: "self-signed" | Certificate | undefined;
  /** Names by which requests may address the desk, besides loopback names and `host`. */
  readonly allowHosts: readonly string[];
  /** Orders per second that the generator places from the start. 0 starts it switched off. */
  readonly generator: number;
  /** Time that streams have to end when the desk stops, in ms. */
  readonly drainMs: number;
  /** The log that keeps the events. */
  readonly log: LogChoice;
  /** Number of processes that share the port and the log. */
  readonly workers: number;
  readonly logLevel: string;
  readonly jwtSecret: string | undefined;
}

/** Thrown when a flag or an environment variable is not valid. The message is for the person at the terminal. */
export class FlagError extends Error {}

/** Text of `--help`. */
export const USAGE: string = `Usage: npm start -- [flags]

  --port <number>       port to listen on; 0 picks a free port     (PORT, default 8080)
  --host <address>      address to listen on                       (HOST, default 127.0.0.1)
  --https               serve HTTPS, over HTTP/2 or HTTP/1.1, with a certificate made
                        for this start; browsers warn of it        (default: HTTP)
  --cert <file>         serve HTTPS with this certificate          (TLS_CERT)
  --key <file>          the private key of the certificate         (TLS_KEY)
  --allow-host <name>   host name to serve, besides localhost, loopback addresses
                        and --host; repeat the flag for several    (default none)
  --generator <number>  orders placed per second; 0 turns it off   (default 1)
  --drain <seconds>     time that streams have to end on Ctrl-C    (default 5)
  --log <log>           log that keeps the events                  (SLUICE_LOG, default memory)
                        memory, lmdb:<folder>, redis://<host>:<port> (or rediss://),
                        nats://<host>:<port> (or tls://; separate several with commas)
  --workers <number>    processes on the port, with a shared log   (default 1)
  --log-level <level>   debug, info, warn, error or silent         (LOG_LEVEL, default info)
  --help                print this text

Environment:

  JWT_SECRET            secret that signs the tokens, at least 32 bytes (default: a new secret for each start)

Limits for each user:

  ${MAX_STREAMS_PER_USER} open streams per process, ${MAX_RUNNING} running exports`;

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];
const MIN_SECRET_BYTES = 32;
const MAX_WORKERS = 64;

/**
 * Reads the flags and the environment. A flag overrides its environment variable. Returns `"help"` for `--help`. Throws
 * {@link FlagError}.
 */
export function readFlags(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Flags | "help" {
  const { values } = parse(args);
  if (values.help) return "help";
  const logLevel = values["log-level"] ?? env.LOG_LEVEL ?? "info";
  if (!LOG_LEVELS.includes(logLevel)) throw new FlagError(`--log-level must be one of ${LOG_LEVELS.join(", ")}.`);
  const jwtSecret = env.JWT_SECRET;
  if (jwtSecret !== undefined && Buffer.byteLength(jwtSecret) < MIN_SECRET_BYTES) {
    throw new FlagError(
      `JWT_SECRET must be at least ${MIN_SECRET_BYTES} bytes long. Unset it to use a new secret for each start.`,
    );
  }
  const log = logOf(values.log ?? env.SLUICE_LOG ?? "memory", env);
  const workers = numberOf("--workers", values.workers, 1, { min: 1, max: MAX_WORKERS, whole: true });
  if (workers > 1 && log.kind === "memory") {
    throw new FlagError(
      "--workers needs a log that several processes can share. " +
        "The memory log belongs to one process. Choose a shared log, such as --log lmdb:./data.",
    );
  }
  return {
    port: numberOf("--port", values.port ?? env.PORT, 8_080, { max: 65_535, whole: true }),
    host: values.host ?? env.HOST ?? "127.0.0.1",
    https: httpsOf(values.https === true, values.cert ?? env.TLS_CERT, values.key ?? env.TLS_KEY, env),
    allowHosts: (values["allow-host"] ?? []).map(checkHostName),
    generator: numberOf("--generator", values.generator, 1, { max: 100 }),
    drainMs: numberOf("--drain", values.drain, 5, { max: 600 }) * 1_000,
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
        https: { type: "boolean" },
        cert: { type: "string" },
        key: { type: "string" },
        "allow-host": { type: "string", multiple: true },
        generator: { type: "string" },
        drain: { type: "string" },
        log: { type: "string" },
        workers: { type: "string" },
        "log-level": { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    // The message quotes the argument that is not known, which may be a URL with a password.
    throw new FlagError(withoutPasswords((error as Error).message));
  }
}

/** Reads the certificate, if files are given. */
function httpsOf(
  isWanted: boolean,
  cert: string | undefined,
  key: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Flags["https"] {
  if (cert === undefined && key === undefined) return isWanted ? "self-signed" : undefined;
  if (cert === undefined || key === undefined) throw new FlagError("--cert and --key need each other.");
  try {
    return readCertificate(resolvePath(cert, env), resolvePath(key, env));
  } catch (error) {
    throw new FlagError(`--cert and --key must be a certificate and its key, as PEM. ${(error as Error).message}`);
  }
}

/** Returns the whole path. A relative path starts at the user's directory: npm changes it, and keeps it in INIT_CWD. */
function resolvePath(path: string, env: Readonly<Record<string, string | undefined>>): string {
  return resolve(env.INIT_CWD ?? "", path);
}

/** Reads the log's address. */
function logOf(text: string, env: Readonly<Record<string, string | undefined>>): LogChoice {
  const choice = readLogChoice(text);
  if (choice === undefined)
    throw new FlagError(`--log (SLUICE_LOG) must be ${LOG_FORMS}. It is "${withoutPasswords(text)}".`);
  return choice.kind === "lmdb" ? { kind: "lmdb", path: resolvePath(choice.path, env) } : choice;
}

function checkHostName(name: string): string {
  if (readHostname(name) !== undefined) return name;
  throw new FlagError(`--allow-host must be a host name or an address, without a port. It is "${name}".`);
}

interface NumberLimits {
  readonly min?: number;
  readonly max: number;
  readonly whole?: boolean;
}

function numberOf(
  name: string,
  text: string | undefined,
  defaultValue: number,
  { min = 0, max, whole = false }: NumberLimits,
): number {
  if (text === undefined) return defaultValue;
  const number = Number(text);
  if (text.trim() === "" || !(number >= min && number <= max) || (whole && !Number.isInteger(number))) {
    throw new FlagError(`${name} must be a ${whole ? "whole " : ""}number from ${min} to ${max}. It is "${text}".`);
  }
  return number;
}
