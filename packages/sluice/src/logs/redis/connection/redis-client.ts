import type * as redis from "redis";
import { checkText, invalidOption } from "../../../base/check-option.ts";
import { loadPackage } from "../../../base/load-package.ts";
import { SluiceError } from "../../../base/sluice-error.ts";

const { createClient }: typeof redis = await loadPackage("redis", "sluice/redis", () => import("redis"));

/** What is needed of a client of the package `redis` (5 or newer), as `createClient` makes one. */
export interface RedisClient {
  duplicate(overrides?: object): RedisClient;
  connect(): Promise<unknown>;
  sendCommand(words: readonly string[]): Promise<unknown>;
  on(event: "error", listener: (error: Error) => void): unknown;
  /** Ends the connection at once; what waits for an answer rejects. */
  destroy(): void;
  readonly isReady: boolean;
  readonly options?: object | undefined;
}

/** Makes clients of our own, each for one connection, and says where they lead. */
export interface RedisClients {
  /** `host:port`, never with a user or password. */
  readonly address: string;
  make(): RedisClient;
}

/**
 * Checks which Redis to use. Every connection has a client of its own that does not connect again: so nothing that was written to one
 * connection can be written again to the next.
 */
export function redisClients(
  client: RedisClient | undefined,
  url: string | undefined,
  connectTimeout: number,
): RedisClients {
  if ((client === undefined) === (url === undefined)) {
    throw new SluiceError("INVALID_OPTION", "redisLog needs either `client` or `url`: where Redis is.");
  }
  const from = client === undefined ? parseUrl(url) : socketOf(checkClient(client));
  const make = (): RedisClient => {
    const options = {
      socket: { ...from, connectTimeout, socketTimeout: undefined, reconnectStrategy: false } as object,
      disableOfflineQueue: true,
      // Time is kept by connection (redis-connection.ts), and answers are taken as they come.
      commandOptions: { timeout: undefined },
      pingInterval: undefined,
      clientSideCache: undefined,
      emitInvalidate: undefined,
      // Would move a client to another server behind our back.
      maintNotifications: "disabled",
    };
    return client === undefined
      ? (createClient({ ...options, url } as object) as RedisClient)
      : client.duplicate(options);
  };
  return { make, address: from.path ?? `${from.host ?? "localhost"}:${from.port ?? DEFAULT_PORT}` };
}

const DEFAULT_PORT = 6379;

/** Where a client connects to, and how. */
interface Socket {
  readonly path?: string;
  readonly host?: string;
  readonly port?: number;
}

function socketOf(client: RedisClient): Socket {
  return (client.options as { socket?: Socket } | undefined)?.socket ?? {};
}

function checkClient(client: unknown): RedisClient {
  const { duplicate, sendCommand, slots, getSentinelNode } = (client ?? {}) as Record<string, unknown>;
  const isSingle = typeof duplicate === "function" && typeof sendCommand === "function";
  // Those of a cluster and of sentinels have the same names for something else.
  if (!isSingle || slots !== undefined || getSentinelNode !== undefined) {
    throw invalidOption("client", "a client that createClient of the package `redis` has made", client);
  }
  return client as RedisClient;
}

/** Refuses an URL without showing it: it may have a password. */
function parseUrl(url: unknown): Socket {
  checkText("url", url);
  try {
    const { protocol, hostname, port, pathname, search, hash, username, password } = new URL(url as string);
    decodeURIComponent(username + password);
    // In a password that is not encoded, `#` and `?` end it, and the rest would be taken for something else.
    if (/^rediss?:$/.test(protocol) && hostname !== "" && /^\/?\d*$/.test(pathname) && search + hash === "") {
      return { host: hostname.replace(/^\[(.*)\]$/, "$1"), ...(port !== "" && { port: Number(port) }) };
    }
  } catch {
    // Node's own error has the URL in it.
  }
  const message =
    "`url` must be like redis://user:password@host:6379/0, or rediss:// for TLS, with special characters of the password percent-encoded. It is not shown here, since it may have a password.";
  throw new SluiceError("INVALID_OPTION", message);
}
