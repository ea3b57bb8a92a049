import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { CLUSTER_CHANNEL } from "../../../src/cluster/cluster-events.ts";
import { createSluice, type Sluice, type SluiceOptions, type Source, type StreamOptions } from "../../../src/index.ts";
import { type CuttableLog, SharedMemory } from "../../logs/support/shared-memory.ts";
import { readEventStream } from "../../support/patient-testing.ts";

export const NODE_TIMEOUT_MS = 400;

/** A node: a Sluice on the shared store with its server. For other nodes, it is like a process of its own. */
export interface TestNode {
  readonly sluice: Sluice;
  readonly log: CuttableLog;
  readonly errors: unknown[];
  /** Streams a source to a new subscriber. */
  open(source: Source, lastEventId?: string, options?: StreamOptions): ReturnType<typeof readEventStream>;
  /** Counts the beats of this node that the log has taken, and those that it has refused. */
  beats(): { readonly appended: number; readonly refused: number };
  /** Sends a request, and resolves to the status of the answer. */
  status(source: Source, lastEventId?: string, options?: StreamOptions): Promise<number>;
}

/** Nodes on one store. */
export class NodesWorld {
  readonly store: SharedMemory = new SharedMemory();
  readonly #nodes: { readonly sluice: Sluice; readonly server: Server; readonly log: CuttableLog }[] = [];

  async node(nodeTimeout: number = NODE_TIMEOUT_MS, options: SluiceOptions = {}): Promise<TestNode> {
    const errors: unknown[] = [];
    const log = this.store.open();
    const sluice = createSluice({ log, nodeTimeout, onError: (error) => errors.push(error), ...options });
    let source: Source | undefined;
    let streamOptions: StreamOptions = {};
    const server = createServer((req, res) => void sluice.stream(req, res, source as Source, streamOptions));
    server.listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    this.#nodes.push({ sluice, server, log });
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    return {
      sluice,
      log,
      errors,
      open: (from, lastEventId = "", given = {}) => {
        source = from;
        streamOptions = given;
        return readEventStream(origin, { lastEventId });
      },
      beats: () => ({ appended: log.appended(CLUSTER_CHANNEL), refused: log.refused(CLUSTER_CHANNEL) }),
      status: async (from, lastEventId = "", given = {}) => {
        source = from;
        streamOptions = given;
        const headers = lastEventId === "" ? {} : { "last-event-id": lastEventId };
        const { status, body } = await fetch(origin, { headers });
        await body?.cancel();
        return status;
      },
    };
  }

  /** Cuts a node off from the log, as if its process were gone. */
  kill(node: TestNode): void {
    node.log.isCut = true;
  }

  async close(): Promise<void> {
    for (const { sluice, server } of this.#nodes) {
      await sluice.close();
      server.closeAllConnections();
      server.close();
    }
  }
}
