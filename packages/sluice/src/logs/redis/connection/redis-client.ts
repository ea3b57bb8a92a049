import { checkText, invalidOption } from "../../../base/checks/check-option.ts";
import { SluiceError } from "../../../base/errors/sluice-error.ts";
import { loadPackage } from "../../../base/loading/load-package.ts";

/** The part that the log uses of a client of the package `redis` (5 or newer), made by `createClient`. */
export interface RedisClient {
  duplicate(overrides?: object): RedisClient;
  connect(): Promise<unknown>;
  sendCommand(words: readonly string[]): Promise<unknown>;
  on(event: "error", listener: (error: Error) => void): unknown;
  /** Closes the connection at once. Pending commands reject. */
  destroy(): void;
  /** Lets the process exit while the connection is open. */
  unref?(): void;
  readonly isReady: boolean;
  readonly options?: object | undefined;
}

/** A factory of the log's own clients, all for one address. */
export interface RedisClients {
  /** `host:port` or a socket's path, never with a user or password. */
  readonly address: string;
  /**
   * Loads the package `redis`, unless the user gave a client. Must be called before {@link make}. Rejects with
   * `MISSING_PACKAGE`.
   */
  load(): Promise<void>;
  /** Makes a client for one connection. */
  make(): RedisClient;
}

/**
 * Checks the options `client` and `url`, and returns a factory of clients. Throws `INVALID_OPTION`. The clients never
 * reconnect: each serves one connection, so a command that was written to one connection is never written again to the
 * next.
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
  let createClient: ((options: object) => unknown) | undefined;
  const load = async () => {
    if (client === undefined) ({ createClient } = (await loadRedis()) as { createClient: typeof createClient });
  };
  const make = (): RedisClient => {
    const options = {
      socket: { ...from, connectTimeout, socketTimeout: undefined, reconnectStrategy: false } as object,
      disableOfflineQueue: true,
      // RedisConnection has its own timeouts, and needs answers in the order in which Redis sends them.
      commandOptions: { timeout: undefined },
      pingInterval: undefined,
      clientSideCache: undefined,
      emitInvalidate: undefined,
      // These notifications would move a client to another server without the log's knowledge.
      maintNotifications: "disabled",
    };
    return client === undefined ? (createClient?.({ ...options, url }) as RedisClient) : client.duplicate(options);
  };
  return { load, make, address: from.path ?? `${from.host ?? "localhost"}:${from.port ?? DEFAULT_PORT}` };
}

function loadRedis(): Promise<typeof import("redis")> {
  return loadPackage({
    name: "redis",
    user: "sluice/redis",
    since: "5",
    load: () => import("redis"),
    isUsable: (redis) => "createSentinel" in redis,
  });
}

const DEFAULT_PORT = 6379;

/** The address that a client connects to. */
interface Socket {
  readonly path?: string;
  readonly host?: string;
  readonly port?: number;
}

function socketOf(client: RedisClient): Socket {
  return (client.options as { socket?: Socket } | undefined)?.socket ?? {};
}

function checkClient(client: unknown): RedisClient {
  const { duplicate, sendCommand, destroy, slots, getSentinelNode } = (client ?? {}) as Record<string, unknown>;
  const isSingle = typeof duplicate === "function" && typeof sendCommand === "function";
  // Clients of a cluster and of Sentinels have methods of the same names, with other parameters.
  if (!isSingle || slots !== undefined || getSentinelNode !== undefined) {
    throw invalidOption("client", "a client made by createClient of the package `redis`", client);
  }
  if (typeof destroy !== "function")
    throw invalidOption("client", "a client of the package `redis` 5 or newer, which has the method destroy()", client);
  return client as RedisClient;
}

/** Parses the option `url`. Throws `INVALID_OPTION` without showing the URL, which may contain a password. */
function parseUrl(url: unknown): Socket {
  checkText("url", url);
  try {
    const { protocol, hostname, port, pathname, search, hash, username, password } = new URL(url as string);
    decodeURIComponent(username + password);
    // An unencoded `#` or `?` ends the password, and the rest of it would be taken for a fragment or a query.
    if (/^rediss?:$/.test(protocol) && hostname !== "" && /^\/?\d*$/.test(pathname) && search + hash === "") {
      return { host: hostname.replace(/^\[(.*)\]$/, "$1"), ...(port !== "" && { port: Number(port) }) };
    }
  } catch {
    // The error of `new URL` shows the URL, so it is not kept as the cause.
  }
  throw new SluiceError(
    "INVALID_OPTION",
    "`url` must be like redis://user:password@host:6379/0, or rediss:// for TLS. Percent-encode special characters " +
      "of the password. The value is not shown here, since it may contain a password.",
  );
}
