import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sleep } from "../../../../src/base/time/timers.ts";
import { natsLog } from "../../../../src/logs/nats/nats-log.ts";
import { NATS_SERVER } from "../../../support/stores/nats-server.ts";
import { until } from "../../../support/until.ts";
import { PASSWORD, textOf } from "../../redis/support/password.ts";
import { nodeOf } from "../../support/node-of.ts";
import { type ConfiguredServer, startConfigured } from "../support/nats-network.ts";

/** Time in which all channels fail several times. */
const DENIED_MS = 3_000;
const TIMEOUT_MS = 1_500;

describe.skipIf(NATS_SERVER === undefined)("natsLog, whose user loses a permission", () => {
  let server: ConfiguredServer;
  let storeDir: string;

  const settings = (denied: readonly string[]) => {
    const permissions = { publish: { allow: [">"], deny: denied } };
    const authorization = { users: [{ user: "desk", password: PASSWORD, permissions }] };
    return { jetstream: { store_dir: storeDir }, authorization };
  };

  beforeEach(async () => {
    server = await startConfigured((folder) => {
      storeDir = folder;
      return settings([]);
    });
  });

  afterEach(() => server[Symbol.asyncDispose]());

  it.each([
    { denied: "sluice.>", what: "to publish" },
    { denied: "$JS.API.STREAM.INFO.>", what: "to look at streams" },
  ])("reports once for all channels that it may not use $denied, and once more when it may", async ({ denied }) => {
    const servers = `nats://desk:${PASSWORD}@127.0.0.1:${server.process.port}`;
    await using node = await nodeOf(natsLog({ servers, timeout: TIMEOUT_MS }));
    const { reports } = node;
    await server.configure(settings([denied]));
    await until("the denial is reported", () => reports.length > 0);
    await sleep(DENIED_MS);
    expect(reports.map(({ context }) => context)).toEqual([{ stage: "log" }]);
    const { message } = reports[0]!.error;
    expect(message).toMatch(
      `NATS at 127.0.0.1:${server.process.port} refused a request: Permissions Violation for Publish to`,
    );
    expect(message).toContain(denied.replace(">", ""));

    await server.configure(settings([]));
    await until("the end is reported", () => reports.length > 1);
    expect(reports[1]).toMatchObject({
      context: { stage: "log", isOver: true },
      error: { message: expect.stringContaining("works again"), cause: reports[0]!.error },
    });
    await node.sluice.channel("orders").publish("n", 2);
    expect(reports).toHaveLength(2);
    for (const { error } of reports) expect(textOf(error)).not.toContain(PASSWORD);
  });
});
