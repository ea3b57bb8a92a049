// @ts-check

import { startProxy } from "../../packages/sluice/test/helpers/tcp-proxy.mjs";
import { serverPath } from "../../scripts/servers.mjs";
import { ask, ServerProcess } from "./server-process.mjs";

/** @typedef {import("./store.d.mts").Store} Store */

/** How long the logs wait for their server, in ms: shorter than faults last. */
const TIMEOUT_MS = 1_500;

const REDIS = {
  kind: /** @type {const} */ ("redis"),
  program: "redis-server",
  /** Each write is on disk before it is answered, so that a kill costs nothing. */
  argumentsFor: (/** @type {number} */ port, /** @type {string} */ folder) =>
    // biome-ignore format: pairs
    ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "yes", "--appendfsync", "always"],
  isReady: async (/** @type {number} */ port) => (await ask(port, "PING")).startsWith("+PONG"),
  options: (/** @type {number} */ port) => ({ url: `redis://127.0.0.1:${port}`, timeout: TIMEOUT_MS }),
};

const NATS = {
  kind: /** @type {const} */ ("nats"),
  program: "nats-server",
  argumentsFor: (/** @type {number} */ port, /** @type {string} */ folder) => [
    ...["-a", "127.0.0.1", "-p", `${port}`, "-js", "-sd", folder],
  ],
  isReady: async (/** @type {number} */ port) => (await ask(port, "")).startsWith("INFO"),
  options: (/** @type {number} */ port) => ({ servers: `nats://127.0.0.1:${port}`, timeout: TIMEOUT_MS }),
};

/** @param {number} nodes @returns {Promise<Store>} */
export function startRedisStore(nodes) {
  return startServerStore(REDIS, nodes);
}

/** @param {number} nodes @returns {Promise<Store>} */
export function startNatsStore(nodes) {
  return startServerStore(NATS, nodes);
}

/**
 * @param {typeof REDIS | typeof NATS} kind
 * @param {number} nodes
 * @returns {Promise<Store>}
 */
async function startServerStore({ kind, program, argumentsFor, isReady, options }, nodes) {
  const command = serverPath(program);
  if (command === undefined) throw new Error(`${program} is not on this machine; install it, or choose another --log.`);
  const server = new ServerProcess(command, argumentsFor, isReady);
  await server.setUp();
  const proxies = await Promise.all(Array.from({ length: nodes }, () => startProxy(server.port)));
  return {
    kind,
    isServer: true,
    proxies,
    options: (node) => options(/** @type {{ port: number }} */ (proxies[node]).port),
    kill: () => server.kill(),
    async start(data) {
      if (data === "lost") await server.forget();
      if (data === "behind") await server.restore();
      await server.start();
    },
    pause: () => server.pause(),
    resume: () => server.resume(),
    snapshot: () => server.snapshot(),
    async stop() {
      for (const proxy of proxies) await proxy[Symbol.asyncDispose]();
      await server.stop();
    },
  };
}
