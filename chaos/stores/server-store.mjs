// @ts-check
import { startProxy } from "../../packages/sluice/test/support/stores/tcp-proxy.mjs";
import { programPath } from "../../scripts/programs/programs.mjs";
import { DURABLE, NATS, REDIS, ServerProcess } from "../../scripts/programs/server-process.mjs";

/** @typedef {import("./store.d.mts").Store} Store */

/** The time that logs wait for their server, in ms. Most faults last longer. */
const TIMEOUT_MS = 1_500;

/**
 * Starts Redis. It writes to disk before it answers, so a kill loses no acknowledged event.
 * @param {number} nodes
 */
export function startRedisStore(nodes) {
  return startServerStore({
    kind: "redis",
    program: REDIS,
    args: DURABLE,
    options: (url) => ({ url }),
    nodes,
    older: (server) => ({ copy: () => server.ask(COPY_KEYS), restore: () => server.ask("SWAPDB 0 1") }),
  });
}

/** Copies all keys of database 0 to database 1. */
const COPY_KEYS = [
  `EVAL "redis.call('SELECT', 1) redis.call('FLUSHDB') redis.call('SELECT', 0)`,
  `for _, key in ipairs(redis.call('KEYS', '*')) do redis.call('COPY', key, key, 'DB', 1) end" 0`,
].join(" ");

/** Starts NATS with JetStream. @param {number} nodes */
export function startNatsStore(nodes) {
  return startServerStore({ kind: "nats", program: NATS, args: [], options: (servers) => ({ servers }), nodes });
}

/**
 * @typedef {object} ServerStoreSettings
 * @property {Store["kind"]} kind
 * @property {import("../../scripts/programs/server-process.mjs").ServerProgram} program
 * @property {readonly string[]} args
 * @property {(url: string) => object} options the log's options for a URL
 * @property {number} nodes
 * @property {(server: ServerProcess) => Store["older"]} [older]
 */

/**
 * Starts a server, and a proxy for each node.
 * @param {ServerStoreSettings} settings
 * @returns {Promise<Store>}
 */
async function startServerStore({ kind, program, args, options, nodes, older }) {
  const { name, scheme } = program;
  if (programPath(name) === undefined)
    throw new Error(`${name} is not on this machine. Install it, or choose another --log.`);
  const server = await ServerProcess.start(program, { args });
  const proxies = await Promise.all(Array.from({ length: nodes }, () => startProxy(server.port)));
  return {
    kind,
    isServer: true,
    proxies,
    options: (node) => {
      const { port } = /** @type {{ port: number }} */ (proxies[node]);
      return { ...options(`${scheme}://127.0.0.1:${port}`), timeout: TIMEOUT_MS };
    },
    kill: () => server.kill(),
    start: (data) => server.start(data === "behind" ? "saved" : data),
    pause: () => server.pause(),
    resume: () => server.resume(),
    snapshot: () => server.save(),
    older: older?.(server),
    async stop() {
      for (const proxy of proxies) await proxy[Symbol.asyncDispose]();
      await server.stop();
    },
  };
}
