import { describe } from "vitest";
import { NATS_SERVER } from "../../../support/stores/nats-server.ts";
import { startProxy } from "../../../support/stores/tcp-proxy.mjs";
import { holdsFewParts } from "../../support/contracts/held-parts-contract.ts";
import { useNats } from "../support/use-nats.ts";

const TIMEOUT_MS = 30_000;

describe.skipIf(NATS_SERVER === undefined)("a NATS log that catches up", () => {
  const nats = useNats();

  holdsFewParts(10, async () => {
    const proxy = await startProxy(nats.server.port);
    nats.onCleanUp(() => proxy[Symbol.asyncDispose]());
    const node = nats.newLog({ servers: `nats://127.0.0.1:${proxy.port}`, timeout: TIMEOUT_MS });
    const other = nats.newLog({ timeout: TIMEOUT_MS });
    const cutOffDuring = async (append: () => Promise<void>) => {
      proxy.refuse();
      await append();
      proxy.resume();
    };
    return { node, other, cutOffDuring };
  });
});
