/** The log that keeps the desk's events, as chosen on the command line. */
export type LogChoice =
  | { readonly kind: "memory" }
  | { readonly kind: "lmdb"; readonly path: string }
  | { readonly kind: "redis"; readonly url: string }
  | { readonly kind: "nats"; readonly servers: readonly string[] };

/** The values of `--log`, for messages. */
export const LOG_FORMS = "memory, lmdb:<folder>, redis://…, rediss://…, nats://… or tls://…";

const LMDB = "lmdb:";
const REDIS_PROTOCOLS = ["redis:", "rediss:"];
const NATS_PROTOCOLS = ["nats:", "tls:"];

/** Parses a value of `--log`. Returns `undefined` if it is none of {@link LOG_FORMS}. */
export function readLogChoice(text: string): LogChoice | undefined {
  if (text === "memory") return { kind: "memory" };
  if (text.startsWith(LMDB)) {
    const path = text.slice(LMDB.length);
    return path.trim() === "" ? undefined : { kind: "lmdb", path };
  }
  // A NATS cluster is given as several servers, separated by commas.
  const urls = text.split(",");
  if (urls.length === 1 && isServer(text, REDIS_PROTOCOLS)) return { kind: "redis", url: text };
  return urls.every((url) => isServer(url, NATS_PROTOCOLS)) ? { kind: "nats", servers: urls } : undefined;
}

/** Returns the choice as text, without passwords. */
export function showLogChoice(choice: LogChoice): string {
  if (choice.kind === "memory") return "memory";
  if (choice.kind === "lmdb") return LMDB + choice.path;
  return (choice.kind === "redis" ? [choice.url] : choice.servers).map(withoutPasswords).join(",");
}

/** Replaces user and password of the URLs in a text. Handles malformed URLs too: if in doubt, it removes more. */
export function withoutPasswords(text: string): string {
  return text.replace(/\/\/.*@/s, "//***@");
}

function isServer(text: string, protocols: readonly string[]): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocols.includes(protocol) && hostname !== "";
}
