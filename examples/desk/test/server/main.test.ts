import { once } from "node:events";
import { createServer } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { ApiClient } from "../support/api-client.ts";
import { DeskCommand } from "../support/desk-command.ts";

it("prints its URL, and ends its streams on Ctrl-C", async () => {
  const command = DeskCommand.forTest("--port", "0", "--generator", "0", "--log-level", "silent");
  const ada = await ApiClient.signIn(await command.url(), "ada");
  const stream = await ada.stream("/api/orders/stream/reliable");
  command.process.kill("SIGINT");
  await stream.ended;
  expect(await command.ended).toBe(0);
  expect(command.output).toContain("ending 1 open stream.");
  expect(command.output).toContain("desk stopped");
});

it("exits at once on a second Ctrl-C, even while an export runs", async () => {
  const command = DeskCommand.forTest("--port", "0", "--generator", "0", "--drain", "600", "--log-level", "silent");
  const ada = await ApiClient.signIn(await command.url(), "ada");
  for (let n = 0; n < 40; n++) await ada.placeOrder("A");
  const { jobId } = await ada.json<{ jobId: string }>("POST", "/api/exports/start");
  const stream = await ada.stream(`/api/exports/${jobId}/progress`);
  await stream.next("progress");
  command.process.kill("SIGINT");
  await expect.poll(() => command.output).toContain("desk stopping");
  command.process.kill("SIGINT");
  expect(await command.ended).toBe(130);
  expect(await command.exportFolders()).toEqual([]);
});

it("names a port that is in use, and the flag to choose another", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const command = DeskCommand.forTest("--port", String(port), "--log-level", "silent");
  expect(await command.ended).toBe(1);
  expect(command.output).toContain(`Another program uses port ${port} on 127.0.0.1`);
  expect(command.output).toContain("--port 0");
});

it.each([
  [["--port", "many"], "--port must be a whole number from 0 to 65535"],
  [["--prot", "1"], "--prot"],
  [["--log-level", "loud"], "--log-level must be one of"],
  [["--log", "mongodb://localhost"], "--log (SLUICE_LOG) must be memory, lmdb:<folder>"],
  [["--workers", "0"], "--workers must be a whole number from 1 to 64"],
  [["--workers", "2"], "--log lmdb:./data"],
])("refuses the flags %j with the reason and the usage", async (args, message) => {
  const command = DeskCommand.forTest(...args);
  expect(await command.ended).toBe(1);
  expect(command.output).toContain(message);
  expect(command.output).toContain("Usage:");
});

it.each([
  ["redis://user:hunter2@127.0.0.1:1", "Start Redis there"],
  ["nats://user:hunter2@127.0.0.1:1", "Start nats-server with JetStream"],
])("names an unreachable log in one line, without its password: %s", async (log, advice) => {
  for (const workers of ["1", "2"]) {
    const command = DeskCommand.forTest("--port", "0", "--log", log, "--workers", workers);
    expect(await command.ended).toBe(1);
    expect(command.output.trim().split("\n")).toEqual([expect.stringContaining(advice)]);
    expect(command.output).toContain("127.0.0.1:1");
    expect(command.output).not.toContain("hunter2");
  }
});
