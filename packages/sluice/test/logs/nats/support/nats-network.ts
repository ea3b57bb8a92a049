import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, NATS, ServerProcess } from "../../../../../../scripts/programs/server-process.mjs";

/** A nats-server whose settings are all in a file, except its address. */
const CONFIGURED = { ...NATS, argumentsFor: (port: number) => ["-a", "127.0.0.1", "-p", `${port}`] };

/** A server with settings of its own. */
export interface ConfiguredServer extends AsyncDisposable {
  readonly process: ServerProcess;
  readonly url: string;
  /** Writes other settings, and makes the server read them. */
  configure(settings: object): Promise<void>;
}

/** Starts a server. `settings` receives the folder for JetStream's data. */
export async function startConfigured(settings: (storeDir: string) => object): Promise<ConfiguredServer> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-nats-conf-"));
  const file = join(folder, "nats.conf");
  const write = (given: object) => writeFile(file, JSON.stringify(given));
  await write(settings(join(folder, "data")));
  const process = await ServerProcess.start(CONFIGURED, { args: ["-c", file] });
  return {
    process,
    url: process.url,
    async configure(given) {
      await write(given);
      process.reload();
    },
    async [Symbol.asyncDispose]() {
      await process.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Options of {@link startCluster}. */
export interface ClusterOptions {
  readonly servers: number;
  /** Servers with JetStream: the first ones. Default: all. */
  readonly withJetStream?: number;
}

/** Starts a cluster of servers that know each other. */
export async function startCluster({ servers, withJetStream = servers }: ClusterOptions): Promise<ServerProcess[]> {
  const ports = await Promise.all(Array.from({ length: servers }, freePort));
  const routes = ports.map((port) => `nats://127.0.0.1:${port}`);
  const withoutJetStream = { ...NATS, argumentsFor: CONFIGURED.argumentsFor };
  return Promise.all(
    routes.map((route, i) =>
      ServerProcess.start(i < withJetStream ? NATS : withoutJetStream, {
        args: ["--cluster_name", "sluice", "--server_name", `${i}`, "--cluster", route, "--routes", routes.join(",")],
      }),
    ),
  );
}
