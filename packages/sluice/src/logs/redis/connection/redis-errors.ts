import { isSluiceError } from "../../../base/errors/is-sluice-error.ts";
import { SluiceError } from "../../../base/errors/sluice-error.ts";
import { messageOf } from "../../../base/errors/thrown.ts";
import { OutOfReach } from "../../shared/failures/out-of-reach.ts";

/** A code that concerns one key. All other codes of {@link MEANINGS} concern the server, or the user's permissions. */
const WRONG_KEY = "WRONGTYPE";

/** Explanations of Redis's errors, by their code: the first word of the answer. */
const MEANINGS: Readonly<Record<string, string>> = {
  OOM: "it has no memory left (maxmemory): give it more, or retain less",
  MISCONF: "it cannot write its data to disk: see its own log",
  NOREPLICAS: "it has fewer replicas than min-replicas-to-write requires",
  READONLY: "it is now a replica, which accepts no writes",
  MASTERDOWN: "it is a replica that has lost its primary",
  LOADING: "it is still loading its data",
  UNBLOCKED: "it has become a replica",
  BUSY: "it is busy with another program's script",
  NOAUTH: "it requires a password: put it in the url, or give a client that has it",
  WRONGPASS: "it does not know this user and password",
  NOPERM: "its user lacks a permission (the list is in docs/logs.md)",
  WRONGTYPE: "a key has another kind of value: choose another `prefix`",
  MOVED: "it is a cluster, which redisLog does not support",
  CROSSSLOT: "it is a cluster, which redisLog does not support",
};

/** After these errors, a new connection may lead to a working server, or the same server may work later. */
const RECONNECT: readonly string[] = ["READONLY", "MASTERDOWN", "LOADING", "UNBLOCKED", "NOAUTH"];

/** These errors stay until somebody changes the configuration. */
const HOPELESS: readonly string[] = ["NOAUTH", "WRONGPASS", "NOPERM", "MOVED", "CROSSSLOT"];

/** System error codes for an address at which no server listens, or that does not exist. */
const NO_SERVER: readonly string[] = ["ECONNREFUSED", "ENOENT", "ENOTFOUND"];

/** Returns the code of an error answer. Before Redis 7, errors of a script's commands carry it inside their message. */
function codeOf(error: unknown): string | undefined {
  const message = messageOf(error);
  // The answer if the user may run the script, but not one of its commands.
  if (message.includes("The user executing the script can't ")) return "NOPERM";
  return /@user_script: ?\d+: -?([A-Z]{2,}) /.exec(message)?.[1] ?? /^-?([A-Z]{2,}) /.exec(message)?.[1];
}

/** Returns true if the error is an answer of Redis (with this code, if given), not a failed connection. */
export function isReply(error: unknown, code?: string): boolean {
  const found = codeOf(error);
  return code === undefined ? found !== undefined : found === code;
}

/** Returns true if the connection must be replaced after this error. */
export function mustReconnect(error: unknown): boolean {
  return RECONNECT.includes(codeOf(error) ?? "");
}

/** Returns true if retrying is useless until somebody changes the configuration. */
export function isHopeless(error: unknown): boolean {
  return HOPELESS.includes(codeOf(error) ?? "") || (isSluiceError(error) && isHopeless(error.cause));
}

/** Returns true if no server listens at the address. */
export function isNoServer(error: unknown): boolean {
  return NO_SERVER.includes(String((error as { readonly code?: unknown }).code));
}

/** Wraps an error answer of Redis as the `cause` of a `SluiceError` that explains it. */
export function explainReply(error: unknown, address: string): SluiceError {
  const code = codeOf(error) ?? "";
  const meaning = MEANINGS[code];
  const { message } = error as Error;
  const explained = meaning === undefined ? message : `${meaning}. Its answer: ${message}`;
  const store = `Redis at ${address}`;
  const text = `${store} refused the command: ${explained}`;
  if (meaning === undefined || code === WRONG_KEY) return new SluiceError("LOG_FAILED", text, { cause: error });
  return new OutOfReach(text, { cause: error, store, outage: code });
}
