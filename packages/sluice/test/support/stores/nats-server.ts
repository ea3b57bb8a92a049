import { programPath } from "../../../../../scripts/programs/programs.mjs";
import { NATS, ServerProcess } from "../../../../../scripts/programs/server-process.mjs";

/** A nats-server with JetStream, started by a test. */
export type NatsServer = ServerProcess;

/** The path of nats-server; `undefined` if this machine has none. */
export const NATS_SERVER: string | undefined = programPath(NATS.name);

export function startNats(options: { readonly user?: string; readonly pass?: string } = {}): Promise<NatsServer> {
  const { user, pass = "" } = options;
  return ServerProcess.start(NATS, { args: user === undefined ? [] : ["--user", user, "--pass", pass] });
}
