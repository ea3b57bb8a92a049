import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "rolldown";
import { expect, it } from "vitest";

it("names the missing package @nats-io/jetstream when a channel is opened", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-nats-"));
  const input = fileURLToPath(new URL("../../../src/logs/nats/nats-log.ts", import.meta.url));
  await build({ input, external: [/^@nats-io/], output: { file: join(folder, "nats.mjs") } });
  const program = `
    import { natsLog } from "./nats.mjs";
    const retain = { events: 10, bytes: 1000, age: Infinity };
    const log = natsLog({ servers: "nats://127.0.0.1:1" });
    await log.open("x", { retain }).catch(({ code, message }) => console.log(code, message));
  `;
  await writeFile(join(folder, "program.mjs"), program);
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "program.mjs")]);
  expect(stdout).toContain("MISSING_PACKAGE");
  expect(stdout).toContain("npm install @nats-io/jetstream");
  await rm(folder, { recursive: true });
});

it("names the missing package @nats-io/transport-node when a channel is opened with `servers`", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-nats-"));
  const input = fileURLToPath(new URL("../../../src/logs/nats/nats-log.ts", import.meta.url));
  const external = ["@nats-io/transport-node"];
  await build({ input, external, output: { dir: folder, entryFileNames: "nats.mjs" }, platform: "node" });
  const program = `
    const { natsLog } = await import("./nats.mjs");
    const retain = { events: 10, bytes: 1000, age: Infinity };
    const log = natsLog({ servers: "nats://127.0.0.1:1" });
    await log.open("x", { retain }).catch(({ code, message }) => console.log(code, message));
  `;
  await writeFile(join(folder, "program.mjs"), program);
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "program.mjs")]);
  expect(stdout).toContain("MISSING_PACKAGE");
  expect(stdout).toContain("npm install @nats-io/transport-node");
  await rm(folder, { recursive: true });
});
