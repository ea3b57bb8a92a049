import { fileURLToPath } from "node:url";
import { freePort, Running } from "./running.mjs";
import { startStore } from "./store.mjs";

const NODE_PROGRAM = fileURLToPath(new URL("node.mjs", import.meta.url));

/** Two nodes on one log, each part a process that can be killed and started again. */
export class Cluster {
  /** Where the log is. */
  where;
  /** Where the nodes are. */
  urls;
  nodes;
  /** What the events are in: for LMDB that is the nodes themselves. */
  store;
  #remove;

  /**
   * @param {import("./store.mjs").Store} store
   * @param {readonly number[]} ports
   */
  constructor({ where, server, remove }, ports) {
    this.where = where;
    this.urls = ports.map((port) => `http://127.0.0.1:${port}/`);
    this.nodes = ports.map((port, i) => {
      return new Running(`node ${"AB"[i]}`, port, process.execPath, [NODE_PROGRAM, `${port}`, where]);
    });
    this.store = server === undefined ? this.nodes : [server];
    this.#remove = remove;
  }

  /** @param {string} kind */
  static async start(kind) {
    const store = await startStore(kind);
    const cluster = new Cluster(store, [await freePort(), await freePort()]);
    // However this process ends, the others do.
    process.on("exit", () => {
      for (const part of cluster.parts) void part.kill();
      store.remove();
    });
    await cluster.start(cluster.nodes);
    return cluster;
  }

  /** Everything that runs. */
  get parts() {
    return [...new Set([...this.nodes, ...this.store])];
  }

  /** @param {"A" | "B" | "store"} name */
  named(name) {
    return name === "store" ? this.store : this.nodes.filter((node) => node.name === `node ${name}`);
  }

  /** @param {readonly Running[]} parts */
  async kill(parts) {
    await Promise.all(parts.map((part) => part.kill()));
  }

  /** @param {readonly Running[]} parts */
  async start(parts) {
    await Promise.all(parts.map((part) => part.start()));
  }

  async stop() {
    await this.kill(this.parts);
    this.#remove();
  }
}
