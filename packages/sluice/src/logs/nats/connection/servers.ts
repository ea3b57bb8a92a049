import { SluiceError } from "../../../base/errors/sluice-error.ts";
import { messageOf } from "../../../base/errors/thrown.ts";
import { loadPackage } from "../../../base/loading/load-package.ts";
import { OutOfReach } from "../../shared/failures/out-of-reach.ts";
import { dial } from "./dial.ts";
import type { NatsConnection } from "./nats-link.ts";

/** The option `servers`, parsed: addresses and credentials. */
export interface Servers {
  /** `host:port` each. */
  readonly hosts: readonly string[];
  readonly credentials: { readonly user?: string; readonly pass?: string; readonly token?: string };
  readonly isEncrypted: boolean;
}

/** Pause before each attempt to reconnect, in ms; jitter adds up to as much again. */
const RECONNECT_MS = 250;
/** The client pings the server this often per timeout. After two unanswered pings it drops the connection. */
const PINGS_PER_TIMEOUT = 2;
const MIN_PING_MS = 500;
const DEFAULT_PORT = 4222;

/**
 * Parses the option `servers`. Throws `INVALID_OPTION`. The error never shows the value, which may contain passwords.
 */
export function parseServers(servers: unknown): Servers {
  const list: readonly unknown[] = Array.isArray(servers) ? servers : [servers];
  const parsed = list.map(parseServer);
  const [first] = parsed;
  if (first === undefined) throw invalid("must name at least one server");
  const isLikeFirst = ({ credentials, isEncrypted }: Servers) =>
    isEncrypted === first.isEncrypted && JSON.stringify(credentials) === JSON.stringify(first.credentials);
  if (!parsed.every(isLikeFirst)) throw invalid("must have the same user, password and scheme for all servers");
  return { ...first, hosts: parsed.flatMap(({ hosts }) => hosts) };
}

function parseServer(server: unknown): Servers {
  const match = typeof server === "string" ? /^(?:(nats|tls):\/\/)?([^/]+?)\/?$/.exec(server) : null;
  if (match === null) throw invalid("must be nats://host:port or tls://host:port, or a list of these");
  let url: URL;
  try {
    url = new URL(`nats://${match[2]}`);
  } catch {
    // The error of `new URL` shows the whole URL, so it is not kept as the cause.
    throw invalid("must be nats://host:port or tls://host:port, but one of them is not a valid URL");
  }
  return {
    hosts: [`${url.hostname}:${url.port || DEFAULT_PORT}`],
    credentials: credentialsOf(decode(url.username), decode(url.password)),
    isEncrypted: match[1] === "tls",
  };
}

/** Returns the credentials of a URL: a user and a password, or a token in the place of the user. */
function credentialsOf(user: string, pass: string): Servers["credentials"] {
  if (pass !== "") return { user, pass };
  return user === "" ? {} : { token: user };
}

/**
 * Connects. Rejects if the first attempt fails. Afterwards the client reconnects by itself, without a limit of
 * attempts.
 */
export async function connectTo(
  { hosts, credentials, isEncrypted }: Servers,
  timeout: number,
): Promise<NatsConnection> {
  const { connect } = await loadPackage({
    name: "@nats-io/transport-node",
    user: "natsLog({ servers })",
    since: "3",
    load: () => import("@nats-io/transport-node"),
    isUsable: ({ connect }) => typeof connect === "function",
  });
  try {
    return await dial(() =>
      connect({
        ...credentials,
        ...(isEncrypted ? { tls: {} } : {}),
        servers: [...hosts],
        name: "sluice",
        timeout,
        maxReconnectAttempts: -1,
        reconnectTimeWait: RECONNECT_MS,
        reconnectJitter: RECONNECT_MS,
        // A server whose configuration is being changed may refuse the credentials for a while.
        ignoreAuthErrorAbort: true,
        pingInterval: Math.max(MIN_PING_MS, timeout / PINGS_PER_TIMEOUT),
        maxPingOut: 2,
        noAsyncTraces: true,
      }),
    );
  } catch (cause) {
    const store = `NATS at ${hosts.join(", ")}`;
    throw new OutOfReach(`There is no connection to ${store}: ${messageOf(cause)}.`, { cause, store });
  }
}

/** Decodes percent-encoded text. Returns the text unchanged if a `%` in it begins no valid escape. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function invalid(problem: string): SluiceError {
  return new SluiceError("INVALID_OPTION", `\`servers\` ${problem}.`);
}
