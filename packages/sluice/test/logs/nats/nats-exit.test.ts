import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NATS_SERVER, startNats } from "../../support/stores/nats-server.ts";
import { until } from "../../support/until.ts";

/** An idle connection does not keep the process running, so the program does. */
const HELD_UNTIL_BROKEN = "const held = setInterval(() => undefined, 1_000); await broken; clearInterval(held);";

describe.skipIf(NATS_SERVER === undefined)("a process that closes its natsLog({ servers })", () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-nats-"));
    const input = fileURLToPath(new URL("../../../src/logs/nats/nats-log.ts", import.meta.url));
    await build({ input, output: { dir: folder, entryFileNames: "nats.mjs" }, platform: "node" });
  });

  afterAll(() => rm(folder, { recursive: true }));

  /**
   * Runs a program. It has a log, and a promise `broken` that resolves when the log reports that its connection broke.
   */
  const run = async (url: string, program: string): Promise<ChildProcess> => {
    const head = `
      import { once } from "node:events";
      import { natsLog } from "./nats.mjs";
      const log = natsLog({ servers: process.argv[2], timeout: 1000 });
      let broke;
      const broken = new Promise((resolve) => (broke = resolve));
      const open = () => log.open("orders", { retain: { events: 10, bytes: 100000, age: Infinity }, onError: broke });
    `;
    const file = join(folder, "program.mjs");
    await writeFile(file, head + program);
    return spawn(process.execPath, [file, url], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  };
  const exitCodeOf = async (child: ChildProcess) => {
    await until("the process exits", () => child.exitCode !== null).finally(() => child.kill("SIGKILL"));
    return child.exitCode;
  };

  it.each([
    ["has just been suspended", ""],
    ["is suspended and the client is reconnecting", HELD_UNTIL_BROKEN],
  ])("exits if the server %s", async (_, wait) => {
    await using server = await startNats();
    const child = await run(
      server.url,
      `
        await open();
        process.send("open");
        await once(process, "message");
        ${wait}
        await log.close();
        process.disconnect();
      `,
    );
    await once(child, "message");
    server.pause();
    child.send("close");
    expect(await exitCodeOf(child)).toBe(0);
  });

  it("exits if it could not open a channel because the server is suspended", async () => {
    await using server = await startNats();
    server.pause();
    const child = await run(
      server.url,
      `
        await open().catch(() => log.close());
        process.disconnect();
      `,
    );
    expect(await exitCodeOf(child)).toBe(0);
  });
});
