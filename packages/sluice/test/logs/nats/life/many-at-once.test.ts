import { describe, expect, it } from "vitest";
import { NATS_SERVER } from "../../../support/stores/nats-server.ts";
import { KEEP_ALL } from "../../support/contracts/log-contract.ts";
import { useNats } from "../support/use-nats.ts";

const CHANNELS = 1_000;
/** Requests of 32 channels that are opened. */
const MAX_IN_FLIGHT = 150;

describe.skipIf(NATS_SERVER === undefined)("thousands of channels at once on NATS", () => {
  const nats = useNats();

  it("are all opened, with few requests at a time", async () => {
    const connection = await nats.connect();
    const request = connection.request.bind(connection);
    let inFlight = 0;
    let most = 0;
    connection.request = (...given) => {
      most = Math.max(most, ++inFlight);
      return request(...given).finally(() => void inFlight--);
    };
    const log = nats.newLog({ connection, timeout: 60_000 });
    const opening = Array.from({ length: CHANNELS }, (_, i) => log.open(`c${i}`, { retain: KEEP_ALL }));
    const channels = await Promise.all(opening);
    expect(new Set(channels.map(({ epoch }) => epoch)).size).toBe(CHANNELS);
    expect(most).toBeLessThan(MAX_IN_FLIGHT);
  });
});
