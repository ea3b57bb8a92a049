import { expect, it } from "vitest";
import { ApiClient } from "../support/api-client.ts";
import { placeOrders, startWorkers, streamOfEach, workerOf } from "../support/start-workers.ts";

// These tests start, kill and replace several processes, which takes long on a busy machine.

it("follows, downloads and cancels an export through any worker", async () => {
  const { ada } = await startWorkers(3);
  await placeOrders(ada, 12);
  const { jobId } = await ada.json<{ jobId: string }>("POST", "/api/exports/start");
  const streams = await streamOfEach(3, () => ada.stream(`/api/exports/${jobId}/progress`));
  for (const stream of streams.values()) {
    const { data } = await stream.next("completed");
    expect(data).toMatchObject({ rows: 12, downloadUrl: `/api/exports/${jobId}/download` });
    await stream.ended;
  }
  const downloads = await Promise.all(
    Array.from({ length: 9 }, async () => {
      const response = await ada.fetch("GET", `/api/exports/${jobId}/download`);
      return { worker: workerOf(response), text: await response.text() };
    }),
  );
  expect(new Set(downloads.map(({ worker }) => worker)).size).toBeGreaterThan(1);
  expect(new Set(downloads.map(({ text }) => text)).size).toBe(1);
  expect(downloads[0]!.text.split("\r\n")).toHaveLength(14);

  await placeOrders(ada, 60);
  const other = await ada.json<{ jobId: string }>("POST", "/api/exports/start");
  const progress = await streamOfEach(3, () => ada.stream(`/api/exports/${other.jobId}/progress`));
  const cancelled = await Promise.all(
    Array.from({ length: 6 }, () => ada.fetch("DELETE", `/api/exports/${other.jobId}`)),
  );
  expect(cancelled.map(({ status }) => status)).toEqual([204, 204, 204, 204, 204, 204]);
  for (const stream of progress.values()) await stream.next("cancelled");
});

it("accepts two of forty exports at the same moment on all workers, also after their worker was killed", async () => {
  const { ada, command } = await startWorkers(3);
  await placeOrders(ada, 60);
  /** An export of 60 orders takes at least this long, in ms. On a busy machine, the forty requests may take longer. */
  const exportMs = 1_400;
  const startForty = async () => {
    const beganAt = performance.now();
    const responses = await Promise.all(Array.from({ length: 40 }, () => ada.fetch("POST", "/api/exports/start")));
    expect(new Set(responses.map(workerOf)).size).toBeGreaterThan(1);
    const accepted = responses.filter(({ status }) => status === 202);
    const generations = 1 + Math.floor((performance.now() - beganAt) / exportMs);
    expect(accepted.length).toBeGreaterThanOrEqual(2);
    expect(accepted.length).toBeLessThanOrEqual(2 * generations);
    return accepted;
  };
  const running = await startForty();
  for (const worker of new Set(running.map(workerOf))) {
    process.kill(command.workers.get(worker)!, "SIGKILL");
    await expect.poll(() => command.output).toContain(`worker ${worker} exited (SIGKILL)`);
  }
  await expect.poll(() => command.workers.size).toBe(3 + new Set(running.map(workerOf)).size);
  await startForty();
});

it("fails an export whose worker is killed, and sends its followers the reason", async () => {
  const { ada, command } = await startWorkers(2);
  await placeOrders(ada, 60);
  const started = await ada.fetch("POST", "/api/exports/start");
  const { jobId } = (await started.json()) as { jobId: string };
  const progress = await streamOfEach(2, () => ada.stream(`/api/exports/${jobId}/progress`));
  process.kill(command.workers.get(workerOf(started))!, "SIGKILL");
  progress.delete(workerOf(started));
  const [follower] = [...progress.values()];
  expect((await follower!.next("failed")).data).toEqual({ message: "The process that ran this job is gone." });
  await follower!.ended;
  expect(await ada.json("GET", `/api/exports/${jobId}`)).toEqual({ state: "failed" });
});

it("controls one generator through any worker, and continues it when its worker is killed", async () => {
  const { ada, command, url } = await startWorkers(2);
  const orders = await ada.stream("/api/orders/stream");
  const clients = await Promise.all(["ada", "ada", "ben", "ben"].map((user) => ApiClient.signIn(url, user)));
  await clients[0]!.json("POST", "/api/generator", { running: true, perSecond: 20 });
  for (let n = 0; n < 10; n++) await orders.next("orders");
  const states = () => Promise.all(clients.map((client) => client.json("GET", "/api/generator")));
  await expect.poll(states).toEqual(clients.map(() => ({ running: true, perSecond: 20 })));

  // Kill both workers, one after the other: one of them places the orders.
  for (const pid of [...command.workers.values()]) {
    const known = command.workers.size;
    process.kill(pid, "SIGKILL");
    await expect.poll(() => command.workers.size).toBe(known + 1);
    const stream = await ada.stream("/api/orders/stream");
    for (let n = 0; n < 5; n++) await stream.next("orders");
  }
  await ada.json("POST", "/api/generator", { running: false });
  await expect.poll(states).toEqual(clients.map(() => ({ running: false, perSecond: 20 })));
});

it("ends the streams of all workers on Ctrl-C, and deletes the export files", async () => {
  const { ada, command } = await startWorkers(3, "--log-level", "warn");
  const streams = await streamOfEach(3, () => ada.stream("/api/orders/stream/reliable"));
  await ada.placeOrder("One");
  await ada.json("POST", "/api/exports/start");
  expect(await command.exportFolders()).toHaveLength(1);
  command.process.kill("SIGINT");
  for (const stream of streams.values()) await stream.ended;
  expect(await command.ended).toBe(0);
  expect(command.output).toContain("3 workers end their streams");
  expect(command.output).toContain("desk stopped");
  expect(await command.exportFolders()).toEqual([]);
});

it("kills all workers on a second Ctrl-C", async () => {
  const { ada, command } = await startWorkers(2, "--drain", "600");
  const pids = [...command.workers.values()];
  for (let n = 0; n < 60; n++) await ada.placeOrder("A");
  const { jobId } = await ada.json<{ jobId: string }>("POST", "/api/exports/start");
  await (await ada.stream(`/api/exports/${jobId}/progress`)).next("progress");
  command.process.kill("SIGINT");
  await expect.poll(() => command.output).toContain("desk stopping");
  command.process.kill("SIGINT");
  expect(await command.ended).toBe(130);
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  expect(await command.exportFolders()).toEqual([]);
});

it("ends the workers when the primary process is killed", async () => {
  const { command } = await startWorkers(2);
  const pids = [...command.workers.values()];
  expect(pids).toHaveLength(2);
  command.process.kill("SIGKILL");
  for (const pid of pids) await expect.poll(() => isAlive(pid)).toBe(false);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
