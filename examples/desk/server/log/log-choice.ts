/** Which log the desk keeps its events in, as said on the command line. */
export type LogChoice =
  | { readonly kind: "memory" }
  | { readonly kind: "lmdb"; readonly path: string }
  | { readonly kind: "redis"; readonly url: string }
  | { readonly kind: "nats"; readonly servers: readonly string[] };

/** What `--log` takes. */
export const LOG_FORMS = "memory, lmdb:<folder>, redis://…, rediss://…, nats://… or tls://…";

const LMDB = "lmdb:";
const REDIS_PROTOCOLS = ["redis:", "rediss:"];
const NATS_PROTOCOLS = ["nats:", "tls:"];

/** Reads what was said; `undefined` when it is none of {@link LOG_FORMS}. */
export function readLogChoice(text: string): LogChoice | undefined {
  if (text === "memory") return { kind: "memory" };
  if (text.startsWith(LMDB)) {
    const path = text.slice(LMDB.length);
    return path.trim() === "" ? undefined : { kind: "lmdb", path };
  }
  // A NATS cluster is several servers, with commas in between.
  const urls = text.split(",");
  if (urls.length === 1 && isServer(text, REDIS_PROTOCOLS)) return { kind: "redis", url: text };
  return urls.every((url) => isServer(url, NATS_PROTOCOLS)) ? { kind: "nats", servers: urls } : undefined;
}

/** The choice as people may see it: without passwords. */
export function showLogChoice(choice: LogChoice): string {
  if (choice.kind === "memory") return "memory";
  if (choice.kind === "lmdb") return LMDB + choice.path;
  return (choice.kind === "redis" ? [choice.url] : choice.servers).map(withoutPasswords).join(",");
}

/** A text without the user and the password of a URL in it, also of one that no parser would take: rather too much goes than too little. */
export function withoutPasswords(text: string): string {
  return text.replace(/\/\/.*@/s, "//***@");
}

function isServer(text: string, protocols: readonly string[]): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocols.includes(protocol) && hostname !== "";
}
