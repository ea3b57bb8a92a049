import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NATS, ServerProcess } from "../../../../../../scripts/server-process.mjs";
import { sleep } from "../../../../src/base/timers.ts";
import { natsLog } from "../../../../src/logs/nats/nats-log.ts";
import { NATS_SERVER } from "../../../support/stores/nats-server.ts";
import { until } from "../../../support/until.ts";
import { PASSWORD, textOf } from "../../redis/support/password.ts";
import { nodeOf } from "../../support/node-of.ts";

/** Time in which all channels fail several times. */
const DENIED_MS = 3_000;
const TIMEOUT_MS = 1_500;

/** A nats-server whose settings, JetStream's too, are in a file that it can read again. */
const CONFIGURED = { ...NATS, argumentsFor: (port: number) => ["-a", "127.0.0.1", "-p", `${port}`] };

describe.skipIf(NATS_SERVER === undefined)("natsLog, whose user loses a permission", { timeout: 60_000 }, () => {
  let folder: string;
  let server: ServerProcess;

  const configure = (denied: readonly string[]) => {
    const permissions = { publish: { allow: [">"], deny: denied } };
    const authorization = { users: [{ user: "desk", password: PASSWORD, permissions }] };
    const settings = { jetstream: { store_dir: join(folder, "data") }, authorization };
    return writeFile(join(folder, "nats.conf"), JSON.stringify(settings));
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-denied-"));
    await configure([]);
    server = await ServerProcess.start(CONFIGURED, { args: ["-c", join(folder, "nats.conf")] });
  });

  afterEach(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  it.each([
    { denied: "sluice.>", what: "to publish" },
    { denied: "$JS.API.STREAM.INFO.>", what: "to look at streams" },
  ])("reports once for all channels that it may not use $denied, and once more when it may", async ({ denied }) => {
    const servers = `nats://desk:${PASSWORD}@127.0.0.1:${server.port}`;
    await using node = await nodeOf(natsLog({ servers, timeout: TIMEOUT_MS }));
    const { reports } = node;
    await configure([denied]);
    server.reload();
    await until("the denial is reported", () => reports.length > 0);
    await sleep(DENIED_MS);
    expect(reports.map(({ context }) => context)).toEqual([{ stage: "log" }]);
    const { message } = reports[0]!.error;
    expect(message).toMatch(`NATS at 127.0.0.1:${server.port} refused a request: Permissions Violation for Publish to`);
    expect(message).toContain(denied.replace(">", ""));

    await configure([]);
    server.reload();
    await until("the end is reported", () => reports.length > 1, 20_000);
    expect(reports[1]).toMatchObject({
      context: { stage: "log", isOver: true },
      error: { message: expect.stringContaining("works again"), cause: reports[0]!.error },
    });
    await node.sluice.channel("orders").publish("n", 2);
    expect(reports).toHaveLength(2);
    for (const { error } of reports) expect(textOf(error)).not.toContain(PASSWORD);
  });
});
