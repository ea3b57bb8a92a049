import { SluiceError } from "../../../base/sluice-error.ts";

/** What Redis's refusals mean to whoever runs it, by their first word. */
const MEANINGS: Readonly<Record<string, string>> = {
  OOM: "it has no memory left (maxmemory): give it more, or retain less",
  MISCONF: "it cannot write its data to disk: see its own log",
  NOREPLICAS: "it has fewer replicas than min-replicas-to-write asks for",
  READONLY: "it is a replica now, which cannot be written to",
  MASTERDOWN: "it is a replica that has lost its primary",
  LOADING: "it is still loading its data",
  UNBLOCKED: "it has become a replica",
  BUSY: "it is busy with a script of somebody's",
  NOAUTH: "it wants a password: put it in the url, or give a client that has it",
  WRONGPASS: "it does not know this user and password",
  NOPERM: "its user lacks a permission (the list is in docs/logs.md)",
  WRONGTYPE: "a key has another kind of value: choose another `prefix`",
  MOVED: "it is a cluster, in which redisLog cannot work",
  CROSSSLOT: "it is a cluster, in which redisLog cannot work",
};

/** Another connection may lead to where it works, or the same place later. */
const RECONNECT: readonly string[] = ["READONLY", "MASTERDOWN", "LOADING", "UNBLOCKED", "NOAUTH"];

/** No waiting helps until somebody changes the configuration. */
const HOPELESS: readonly string[] = ["NOAUTH", "WRONGPASS", "NOPERM", "MOVED", "CROSSSLOT"];

/** The system's codes for an address that nobody is at, or that leads nowhere. */
const NOBODY_THERE: readonly string[] = ["ECONNREFUSED", "ENOENT", "ENOTFOUND"];

/** The first word of an answer that is an error; before Redis 7, within a script, it stands further inside. */
function codeOf(error: unknown): string | undefined {
  const message = error instanceof Error ? error.message : "";
  return /@user_script: ?\d+: -?([A-Z]{2,}) /.exec(message)?.[1] ?? /^-?([A-Z]{2,}) /.exec(message)?.[1];
}

/** Whether it is an answer of Redis (and this one), not a failure on the way. */
export function isReply(error: unknown, code?: string): boolean {
  const found = codeOf(error);
  return code === undefined ? found !== undefined : found === code;
}

export function mustReconnect(error: unknown): boolean {
  return RECONNECT.includes(codeOf(error) ?? "");
}

export function isHopeless(error: unknown): boolean {
  return HOPELESS.includes(codeOf(error) ?? "") || (error instanceof SluiceError && isHopeless(error.cause));
}

export function isNobodyThere(error: unknown): boolean {
  return NOBODY_THERE.includes(String((error as { readonly code?: unknown }).code));
}

export function explainReply(error: unknown, address: string): SluiceError {
  const meaning = MEANINGS[codeOf(error) ?? ""];
  const { message } = error as Error;
  const said = meaning === undefined ? message : `${meaning}. It says: ${message}`;
  return new SluiceError("LOG_FAILED", `Redis at ${address} refused: ${said}`, { cause: error });
}
