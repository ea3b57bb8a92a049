import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { ApiClient } from "../support/api-client.ts";

const MAIN = fileURLToPath(new URL("../../dist/server/main.js", import.meta.url));

class Command {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  readonly ended: Promise<number | null>;
  output = "";

  constructor(...args: string[]) {
    this.process = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
      });
    }
    this.ended = once(this.process, "close").then(([code]) => code as number | null);
    onTestFinished(async () => {
      this.process.kill("SIGKILL");
      await this.ended;
    });
  }

  async url(): Promise<string> {
    const pattern = /^desk listening on (http:\/\/127\.0\.0\.1:\d+)$/m;
    await expect.poll(() => this.output, { timeout: 10_000 }).toMatch(pattern);
    return pattern.exec(this.output)![1]!;
  }
}

test("it prints its address, and Ctrl-C ends its streams in good order", async () => {
  const command = new Command("--port", "0", "--generator", "0", "--log-level", "silent");
  const ada = await ApiClient.signIn(await command.url(), "ada");
  const stream = await ada.stream("/api/orders/stream/reliable");
  command.process.kill("SIGINT");
  await stream.ended;
  expect(await command.ended).toBe(0);
  expect(command.output).toContain("ending 1 streams");
  expect(command.output).toContain("desk stopped");
});

test("a second Ctrl-C ends it at once, though an export still runs", async () => {
  const command = new Command("--port", "0", "--generator", "0", "--drain", "600", "--log-level", "silent");
  const ada = await ApiClient.signIn(await command.url(), "ada");
  for (let n = 0; n < 40; n++) await ada.placeOrder("A");
  const { jobId } = await ada.json<{ jobId: string }>("POST", "/api/exports/start");
  const stream = await ada.stream(`/api/exports/${jobId}/progress`);
  await stream.next("progress");
  command.process.kill("SIGINT");
  await expect.poll(() => command.output).toContain("desk stopping");
  command.process.kill("SIGINT");
  expect(await command.ended).toBe(130);
  expect((await readdir(tmpdir())).filter((name) => name.startsWith(`desk-exports-${command.process.pid}-`))).toEqual(
    [],
  );
});

test("a port that is taken is said, with the flag that helps", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const command = new Command("--port", String(port), "--log-level", "silent");
  expect(await command.ended).toBe(1);
  expect(command.output).toContain(`Port ${port} on 127.0.0.1 is taken`);
  expect(command.output).toContain("--port 0");
});

test.each([
  [["--port", "many"], "--port must be a whole number from 0 to 65535"],
  [["--prot", "1"], "--prot"],
  [["--log-level", "loud"], "--log-level must be one of"],
])("the flags %j are refused with a clear reason", async (args, message) => {
  const command = new Command(...args);
  expect(await command.ended).toBe(1);
  expect(command.output).toContain(message);
  expect(command.output).toContain("Usage:");
});
