import { afterAll, beforeAll, describe } from "vitest";
import { natsLog } from "../../../src/logs/nats/nats-log.ts";
import { NATS_SERVER, type NatsServer, startNats } from "../../support/stores/nats-server.ts";
import { closedChannelContract } from "../support/contracts/closed-channel-contract.ts";
import { killedPublisherContract } from "../support/contracts/killed-publisher-contract.ts";
import { logContract } from "../support/contracts/log-contract.ts";
import { sharedLogContract } from "../support/contracts/shared-log-contract.ts";
import { likeMemory, NOTHING } from "../support/like-memory.ts";

describe.skipIf(NATS_SERVER === undefined)("on a real nats-server", () => {
  let server: NatsServer;
  let count = 0;

  beforeAll(async () => {
    server = await startNats();
  });

  afterAll(() => server.stop());

  const open = (prefix = `test${count++}`) => natsLog({ servers: server.url, prefix });

  logContract("natsLog", () => open());

  const newStore = async () => {
    const prefix = `shared${count++}`;
    const options = { servers: server.url, prefix };
    return { module: "nats/nats-log.ts", make: "natsLog", options, open: () => open(prefix) };
  };

  sharedLogContract("natsLog", newStore);

  killedPublisherContract("natsLog", newStore);

  closedChannelContract("natsLog", async () => {
    const own = await startNats();
    const restart = async (data: "kept" | "saved") => {
      await own.kill();
      await own.start(data);
    };
    return {
      open: () => natsLog({ servers: own.url }),
      copy: () => own.save(),
      restore: () => restart("saved"),
      restart: () => restart("kept"),
      stop: () => own.stop(),
    };
  });

  likeMemory("natsLog", newStore, NOTHING);
});
