import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, cp, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { ROOT } from "../../../scripts/programs/programs.mjs";
import { freePort } from "../../../scripts/programs/server-process.mjs";
import { readDeployFile } from "../support/deploy-file.ts";
import { eventually } from "../support/eventually.ts";

const run = promisify(execFile);
const BUILD_TIMEOUT_MS = 600_000;
/** The user `nobody`. Tests that do not run as root run as an unprivileged user already. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
/** The image holds Node and these files. Node's own image is about 80 MB. */
const LARGEST_TREE_MB = 120;

/** Returns the arguments of each instruction of this name. */
function instructionsOf(stage: string, name: string): string[] {
  return [...stage.matchAll(new RegExp(`^${name} (.+)$`, "gm"))].map(([, argument]) => argument!);
}

describe("the steps of deploy/docker/Dockerfile", () => {
  let folder: string;
  let final: string;
  const build = () => join(folder, "build");
  const app = () => join(folder, "app");

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-docker-"));
    await chmod(folder, 0o755);
    const stages = (await readDeployFile("docker/Dockerfile")).split(/^FROM /m).slice(1);
    final = stages[1]!;
    await run("git", ["checkout-index", "--all", `--prefix=${build()}/`], { cwd: ROOT });
    await mkdir(join(folder, "home"));
    if (NOBODY.uid !== undefined)
      await run("chown", ["-R", `${NOBODY.uid}:${NOBODY.gid}`, build(), join(folder, "home")]);
    const env = { PATH: process.env.PATH, HOME: join(folder, "home"), npm_config_cache: join(folder, "home/npm") };
    for (const step of instructionsOf(stages[0]!, "RUN")) {
      const [began, options] = [performance.now(), { cwd: build(), env, maxBuffer: 2 ** 26, ...NOBODY }];
      await run("sh", ["-c", step], options);
      console.log(`Docker, RUN ${step}: ${((performance.now() - began) / 1_000).toFixed(0)} s`);
    }
    for (const copy of instructionsOf(final, "COPY")) {
      const [, from, to] = /^--from=build \/app\/(\S+) (\S+)$/.exec(copy) ?? [];
      const target = to === "./" ? join(app(), from!) : join(app(), to!);
      await mkdir(dirname(target), { recursive: true });
      await cp(join(build(), from!), target, { recursive: true, verbatimSymlinks: true });
    }
    if (NOBODY.uid !== undefined) await run("chown", ["-R", "0:0", app()]);
    await run("chmod", ["-R", "a-w,a+rX", app()]);
  }, BUILD_TIMEOUT_MS);

  afterAll(async () => {
    await run("chmod", ["-R", "u+w", folder]);
    await rm(folder, { recursive: true, force: true });
  });

  it("end as a user without rights, with no package that the desk does not need", async () => {
    expect(instructionsOf(final, "USER")).toEqual(["node"]);
    const packages = await readdir(join(app(), "node_modules"));
    expect(packages).toContain("fastify");
    for (const unneeded of ["vitest", "vite", "typescript", "playwright-core"])
      expect(packages).not.toContain(unneeded);
    const { stdout } = await run("du", ["-sm", app()]);
    console.log(`Docker: the files of the desk take ${Number.parseInt(stdout, 10)} MB`);
    expect(Number.parseInt(stdout, 10)).toBeLessThan(LARGEST_TREE_MB);
  });

  it("give a desk that runs in a tree that it cannot write, streams, and drains on SIGTERM", async () => {
    const [command, ...args] = JSON.parse(instructionsOf(final, "CMD")[0]!) as [string, ...string[]];
    expect(command).toBe("node");
    const port = await freePort();
    const env = {
      PATH: process.env.PATH,
      PORT: String(port),
      LOG_LEVEL: "error",
      HOME: "/nonexistent",
      TMPDIR: tmpdir(),
    };
    const desk = spawn(process.execPath, args, { cwd: app(), env, ...NOBODY, stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void desk.kill("SIGKILL"));
    const url = `http://127.0.0.1:${port}`;
    const isReady = async () => (await fetch(`${url}/health/ready`).catch(() => undefined))?.ok === true;
    await eventually("the desk is ready", isReady);
    await expect(writeAs(join(app(), "written"))).rejects.toThrow();
    const response = await fetch(`${url}/api/session`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ userId: "ada" }),
    });
    const { token } = (await response.json()) as { token: string };
    const stream = await fetch(`${url}/api/orders/stream/reliable`, { headers: { authorization: `Bearer ${token}` } });
    expect(stream.headers.get("content-type")).toMatch("text/event-stream");
    const ended = stream.text();
    desk.kill("SIGTERM");
    expect(await ended).toContain("retry:");
    const [code] = await once(desk, "exit");
    expect(code).toBe(0);
  });
});

/** Writes a file as the user of the desk. */
async function writeAs(path: string): Promise<void> {
  await run("sh", ["-c", `echo x > ${path}`], NOBODY);
}
