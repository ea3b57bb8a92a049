import { describe } from "vitest";
import { NATS_SERVER } from "../../../support/stores/nats-server.ts";
import { readsWithinMaxReadBytes } from "../../support/contracts/in-flight-contract.ts";
import { useNats } from "../support/use-nats.ts";

const TIMEOUT_MS = 30_000;

describe.skipIf(NATS_SERVER === undefined)("a NATS log", () => {
  const nats = useNats();

  readsWithinMaxReadBytes(async () => {
    const { port } = nats.server;
    const makeLog = (port: number, maxReadBytes?: number) => {
      const limit = maxReadBytes === undefined ? {} : { maxReadBytes };
      return nats.newLog({ servers: `nats://127.0.0.1:${port}`, timeout: TIMEOUT_MS, ...limit });
    };
    return { port, makeLog };
  });
});
