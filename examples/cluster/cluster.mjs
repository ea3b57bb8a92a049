import { fileURLToPath } from "node:url";
import { startLog } from "./log-server.mjs";
import { freePort, RestartableProcess } from "./restartable-process.mjs";

const NODE_PROGRAM = fileURLToPath(new URL("node.mjs", import.meta.url));

/** Two nodes on one log. Each node and the log's server is a process that can be killed and started again. */
export class Cluster {
  /** Address of the log. */
  log;
  /** URLs of the nodes. */
  urls;
  nodes;
  /** The processes that keep the log: its server, or for LMDB the nodes themselves. */
  logProcesses;
  #remove;

  /**
   * @param {import("./log-server.mjs").StartedLog} log
   * @param {readonly number[]} ports
   */
  constructor({ address, server, remove }, ports) {
    this.log = address;
    this.urls = ports.map((port) => `http://127.0.0.1:${port}/`);
    this.nodes = ports.map((port, i) => {
      return new RestartableProcess(`node ${"AB"[i]}`, port, process.execPath, [NODE_PROGRAM, `${port}`, address]);
    });
    this.logProcesses = server === undefined ? this.nodes : [server];
    this.#remove = remove;
  }

  /**
   * Starts the log and both nodes.
   * @param {string} kind of the log
   */
  static async start(kind) {
    const log = await startLog(kind);
    const cluster = new Cluster(log, [await freePort(), await freePort()]);
    // Kill the other processes however this process exits.
    process.on("exit", () => {
      for (const part of cluster.processes) void part.kill();
      log.remove();
    });
    await cluster.start(cluster.nodes);
    return cluster;
  }

  /** All processes, each once. */
  get processes() {
    return [...new Set([...this.nodes, ...this.logProcesses])];
  }

  /**
   * Returns the processes with this name.
   * @param {"A" | "B" | "log"} name
   */
  named(name) {
    return name === "log" ? this.logProcesses : this.nodes.filter((node) => node.name === `node ${name}`);
  }

  /** @param {readonly RestartableProcess[]} processes */
  async kill(processes) {
    await Promise.all(processes.map((part) => part.kill()));
  }

  /** @param {readonly RestartableProcess[]} processes */
  async start(processes) {
    await Promise.all(processes.map((part) => part.start()));
  }

  /** Kills all processes and deletes the log. */
  async stop() {
    await this.kill(this.processes);
    this.#remove();
  }
}
