import { loadPackage } from "../../../base/load-package.ts";
import { SluiceError } from "../../../base/sluice-error.ts";
import { dial } from "./dial.ts";
import type { NatsConnection } from "./nats-link.ts";

/** Where to connect to, and as whom. */
export interface Servers {
  /** `host:port` each. */
  readonly hosts: readonly string[];
  readonly credentials: { readonly user?: string; readonly pass?: string; readonly token?: string };
  readonly isEncrypted: boolean;
}

/** How soon a connection that broke is made anew, and how often that is tried, in ms. */
const RECONNECT_MS = 250;
/** How often the server is asked whether it is still there, as a part of the timeout; the second time without an answer it is not. */
const PINGS_PER_TIMEOUT = 2;
const MIN_PING_MS = 500;
const DEFAULT_PORT = 4222;

/** Reads the option `servers`. Throws `INVALID_OPTION`, which never shows what it was given: there are passwords in it. */
export function parseServers(servers: unknown): Servers {
  const list: readonly unknown[] = Array.isArray(servers) ? servers : [servers];
  const parsed = list.map(parseServer);
  const [one] = parsed;
  if (one === undefined) throw invalid("must name at least one server");
  const isLikeFirst = ({ credentials, isEncrypted }: Servers) =>
    isEncrypted === one.isEncrypted && JSON.stringify(credentials) === JSON.stringify(one.credentials);
  if (!parsed.every(isLikeFirst)) throw invalid("must have the same user, password and scheme for all servers");
  return { ...one, hosts: parsed.flatMap(({ hosts }) => hosts) };
}

function parseServer(server: unknown): Servers {
  const match = typeof server === "string" ? /^(?:(nats|tls):\/\/)?([^/]+?)\/?$/.exec(server) : null;
  if (match === null) throw invalid("must be nats://host:port or tls://host:port, or a list of these");
  let url: URL;
  try {
    url = new URL(`nats://${match[2]}`);
  } catch {
    // Its error has all of the URL in it.
    throw invalid("must be nats://host:port or tls://host:port, but one of them cannot be read");
  }
  const [user, pass] = [decoded(url.username), decoded(url.password)];
  return {
    hosts: [`${url.hostname}:${url.port || DEFAULT_PORT}`],
    credentials: pass !== "" ? { user, pass } : user !== "" ? { token: user } : {},
    isEncrypted: match[1] === "tls",
  };
}

/** Connects, once: it comes back by itself afterwards, for ever. */
export async function connectTo(
  { hosts, credentials, isEncrypted }: Servers,
  timeout: number,
): Promise<NatsConnection> {
  const load = () => import("@nats-io/transport-node");
  const { connect } = await loadPackage("@nats-io/transport-node", "natsLog({ servers })", load);
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
        // A server that is being configured anew may refuse for a while.
        ignoreAuthErrorAbort: true,
        pingInterval: Math.max(MIN_PING_MS, timeout / PINGS_PER_TIMEOUT),
        maxPingOut: 2,
        noAsyncTraces: true,
      }),
    );
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`There is no connection to NATS at ${hosts.join(", ")}: ${why}.`, { cause });
  }
}

/** A `%` that stands for itself is taken as it is, where it can be nothing else. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function invalid(what: string): SluiceError {
  return new SluiceError("INVALID_OPTION", `\`servers\` ${what}.`);
}
