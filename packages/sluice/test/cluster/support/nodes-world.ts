import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { CLUSTER_CHANNEL } from "../../../src/cluster/cluster-events.ts";
import { createSluice, type Sluice, type Source } from "../../../src/index.ts";
import { openEventStream } from "../../../src/testing/index.ts";
import { type CuttableLog, SharedMemory } from "../../logs/support/shared-memory.ts";

export const NODE_TIMEOUT_MS = 400;

/** A process, as far as others can tell: a Sluice on the shared store, and its server. */
export interface TestNode {
  readonly sluice: Sluice;
  readonly log: CuttableLog;
  readonly errors: unknown[];
  /** Streams a source to a new subscriber. */
  open(source: Source, lastEventId?: string): ReturnType<typeof openEventStream>;
  /** How many times this node has said that it is there, or has tried to, with the log out of reach. */
  beats(): { readonly told: number; readonly refused: number };
  /** Asks without expecting a stream. */
  status(source: Source, lastEventId?: string): Promise<number>;
}

/** Some nodes on one store. */
export class NodesWorld {
  readonly store: SharedMemory = new SharedMemory();
  readonly #nodes: { readonly sluice: Sluice; readonly server: Server; readonly log: CuttableLog }[] = [];

  async node(nodeTimeout: number = NODE_TIMEOUT_MS): Promise<TestNode> {
    const errors: unknown[] = [];
    const log = this.store.open();
    const sluice = createSluice({ log, nodeTimeout, onError: (error) => errors.push(error) });
    let source: Source | undefined;
    const server = createServer((req, res) => void sluice.stream(req, res, source as Source)).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    this.#nodes.push({ sluice, server, log });
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    return {
      sluice,
      log,
      errors,
      open: (from, lastEventId = "") => {
        source = from;
        return openEventStream(origin, { lastEventId });
      },
      beats: () => ({ told: log.appended(CLUSTER_CHANNEL), refused: log.refused(CLUSTER_CHANNEL) }),
      status: async (from, lastEventId) => {
        source = from;
        const headers = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
        const { status, body } = await fetch(origin, { headers });
        await body?.cancel();
        return status;
      },
    };
  }

  /** The process is gone: it says nothing any more, and hears nothing. */
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
