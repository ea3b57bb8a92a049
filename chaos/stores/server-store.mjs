// @ts-check

import { startProxy } from "../../packages/sluice/test/support/tcp-proxy.mjs";
import { programPath } from "../../scripts/programs.mjs";
import { DURABLE, NATS, REDIS, ServerProcess } from "../../scripts/server-process.mjs";

/** @typedef {import("./store.d.mts").Store} Store */

/** How long the logs wait for their server, in ms: shorter than faults last. */
const TIMEOUT_MS = 1_500;

/**
 * What a kill must not cost is on disk before it is answered.
 * @param {number} nodes
 * @returns {Promise<Store>}
 */
export function startRedisStore(nodes) {
  return startServerStore("redis", REDIS, DURABLE, (url) => ({ url }), nodes);
}

/** @param {number} nodes @returns {Promise<Store>} */
export function startNatsStore(nodes) {
  return startServerStore("nats", NATS, [], (servers) => ({ servers }), nodes);
}

/**
 * @param {Store["kind"]} kind
 * @param {import("../../scripts/server-process.mjs").ServerProgram} program
 * @param {readonly string[]} args
 * @param {(url: string) => object} options the log's, for one that is there
 * @param {number} nodes
 * @returns {Promise<Store>}
 */
async function startServerStore(kind, program, args, options, nodes) {
  const { name, scheme } = program;
  if (programPath(name) === undefined)
    throw new Error(`${name} is not on this machine; install it, or choose another --log.`);
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
    async stop() {
      for (const proxy of proxies) await proxy[Symbol.asyncDispose]();
      await server.stop();
    },
  };
}
