import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { freePort } from "../../../scripts/programs/server-process.mjs";
import { deployPath, readDeployFile } from "../support/deploy-file.ts";
import { eventually } from "../support/eventually.ts";

const UNIT = "systemd/desk.service";
const WATCHDOG_MS = 400;

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-systemd-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe("deploy/systemd", () => {
  it("desk.service passes systemd-analyze verify", async () => {
    // The unit has the usual path of Node, which may differ on this machine.
    const folder = await temporaryFolder();
    const unit = (await readDeployFile(UNIT)).replace("/usr/bin/node", process.execPath);
    await writeFile(join(folder, "desk.service"), unit);
    const verify = () => promisify(execFile)("systemd-analyze", ["verify", join(folder, "desk.service")]);
    expect((await verify()).stderr).toBe("");
    await writeFile(join(folder, "desk.service"), unit.replace("LimitNOFILE", "LimitNoFile"));
    expect((await verify()).stderr).toContain("LimitNoFile");
  });

  it("desk.service permits many open files, watches the process, and waits longer than a drain takes", async () => {
    const unit = await readDeployFile(UNIT);
    expect(unit).toMatch(/^LimitNOFILE=65536$/m);
    expect(unit).toMatch(/^WatchdogSec=30$/m);
    expect(unit).toMatch(/^KillSignal=SIGTERM$/m);
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThan(5);
  });

  it("watchdog.mjs reports the start when the process answers, and then that its event loop turns", async () => {
    const folder = await temporaryFolder();
    const reports = join(folder, "reports");
    await writeFile(join(folder, "systemd-notify"), `#!/bin/sh\necho "$1" >> ${reports}\n`);
    await chmod(join(folder, "systemd-notify"), 0o755);
    const port = await freePort();
    const program = `
      process.on("SIGUSR2", () => { for (;;); });
      setTimeout(() => {
        fs.appendFileSync(${JSON.stringify(reports)}, "listens\\n");
        http.createServer((_, response) => response.end()).listen(${port});
      }, ${WATCHDOG_MS});`;
    const child = spawn(process.execPath, ["--import", deployPath("systemd/watchdog.mjs"), "--eval", program], {
      env: {
        PATH: `${folder}:/bin:/usr/bin`,
        NOTIFY_SOCKET: "/none",
        WATCHDOG_USEC: `${WATCHDOG_MS * 1_000}`,
        PORT: `${port}`,
      },
    });
    onTestFinished(async () => {
      child.kill("SIGKILL");
      await once(child, "exit");
    });
    const lines = async () => (await readFile(reports, "utf8").catch(() => "")).split("\n").filter(Boolean);
    await eventually("the start is reported", async () => (await lines()).includes("--ready"));
    expect((await lines()).filter((line) => line !== "WATCHDOG=1")).toEqual(["listens", "--ready"]);
    await eventually("the loop is reported", async () => (await lines()).at(-1) === "WATCHDOG=1");
    child.kill("SIGUSR2");
    await wait(WATCHDOG_MS);
    const before = (await lines()).length;
    await wait(3 * WATCHDOG_MS);
    expect((await lines()).length).toBe(before);
  });
});
