import { afterAll, describe, expect, it } from "vitest";
import { Site } from "../probe/site.mjs";
import { STEPS } from "../probe/steps.mjs";
import { startFaultyServer } from "./support/faulty-server.ts";

/** Steps that need a process of their own: `npm run test:frameworks` shows that they can pass. */
const OF_PROCESSES = ["hot reload", "SIGTERM", "no errors"];
const steps = STEPS.filter(({ name }) => !OF_PROCESSES.includes(name));
const servers: { close(): unknown; closeAllConnections(): void }[] = [];

async function siteOf(fault: string): Promise<Site> {
  const { server, origin } = await startFaultyServer(fault);
  servers.push(server);
  const fixture = { headers: ["x-request-id"] };
  return new Site({ fixture, origin, mode: {}, folder: "", server: {} } as never);
}

afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

describe("the probe", () => {
  it.concurrent.each(steps)("passes the step “$name” for a server that fulfils the contract", async ({ run }) => {
    await run(await siteOf("none"), "production");
  });

  it.concurrent.each(steps)("fails the step “$name” for a server with a fault there", async ({ name, run }) => {
    await expect(run(await siteOf(name), "production")).rejects.toThrow();
  });
});
