import { expect, it, vi } from "vitest";
import type { Metric } from "../../wire/dashboard.ts";
import { ApiClient } from "../support/api-client.ts";
import type { EventReader } from "../support/event-reader.ts";
import { startWorkers, streamOfEach, workerOf } from "../support/start-workers.ts";

// These tests start, kill and replace several processes, which takes long on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const RELIABLE = "/api/orders/stream/reliable";

interface Placed {
  orderId: string;
  worker: string;
}

/** Places orders concurrently, each on its own connection, so that every worker receives some. */
async function placeOrders(client: ApiClient, count: number): Promise<Placed[]> {
  const orders = Array.from({ length: count }, async (_, n) => {
    const response = await client.fetch("POST", "/api/orders", { customerName: `Customer ${n}`, amount: 1 });
    return { ...((await response.json()) as { orderId: string }), worker: workerOf(response) };
  });
  return Promise.all(orders);
}

function orderIds(stream: EventReader): string[] {
  return stream.events.filter(({ type }) => type === "orders").map(({ data }) => data.orderId);
}

it("delivers orders from all workers to the streams of all workers, once and in the same order", async () => {
  const { ada, command } = await startWorkers(3);
  const streams = [...(await streamOfEach(3, () => ada.stream(RELIABLE))).values()];
  const placed = await placeOrders(ada, 30);
  expect(new Set(placed.map(({ worker }) => worker)).size).toBeGreaterThan(1);
  expect(new Set(placed.map(({ orderId }) => orderId)).size).toBe(30);
  for (const stream of streams) await expect.poll(() => orderIds(stream).length).toBe(30);
  const [first, ...others] = streams.map(({ events }) => events.map(({ id, data }) => [id, data]));
  for (const events of others) expect(events).toEqual(first);
  expect(new Set(orderIds(streams[0]!))).toEqual(new Set(placed.map(({ orderId }) => orderId)));
  expect([...command.workers.keys()].sort()).toEqual([
    expect.stringMatching(/^1-/),
    expect.stringMatching(/^2-/),
    expect.stringMatching(/^3-/),
  ]);
});

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

it("resumes the streams of a killed worker on another without a gap, and replaces the worker", async () => {
  const { ada, command } = await startWorkers(3);
  const streams = await streamOfEach(3, () => ada.stream(RELIABLE));
  const before = await placeOrders(ada, 6);
  for (const stream of streams.values()) await expect.poll(() => orderIds(stream).length).toBe(6);

  const [victim, cut] = [...streams][0]!;
  process.kill(command.workers.get(victim)!, "SIGKILL");
  await cut.ended.catch(() => undefined);
  // Until the primary process notices, node:cluster passes new connections to the dead worker, and they get no answer.
  await expect.poll(() => command.output).toContain(`worker ${victim} exited (SIGKILL)`);
  const meanwhile = await placeOrders(ada, 6);
  const resumed = await ada.stream(RELIABLE, { "last-event-id": cut.events.at(-1)!.id });
  const after = await placeOrders(ada, 6);
  const all = [...before, ...meanwhile, ...after].map(({ orderId }) => orderId);
  expect(new Set(all).size).toBe(18);
  await expect.poll(() => orderIds(cut).length + orderIds(resumed).length).toBe(18);
  expect(new Set([...orderIds(cut), ...orderIds(resumed)])).toEqual(new Set(all));
  expect(resumed.events.map(({ type }) => type)).not.toContain("gap");
  for (const [worker, stream] of streams) {
    if (worker !== victim) await expect.poll(() => orderIds(stream).length).toBe(18);
  }

  await expect.poll(() => command.workers.size).toBe(4);
  const now = await streamOfEach(3, () => ada.stream(RELIABLE));
  expect([...now.keys()]).not.toContain(victim);
  expect([...now.keys()].some((worker) => worker[0] === victim[0])).toBe(true);
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

it("counts all workers on the dashboard, removes a killed worker, and counts its replacement", async () => {
  const { ada, command } = await startWorkers(3);
  const streams = await streamOfEach(3, () => ada.stream(RELIABLE));
  const dashboard = await ada.stream("/api/dashboard/stream");
  const until = async (matches: (metric: Metric) => boolean) => {
    for (;;) if (matches((await dashboard.next("metric")).data)) return;
  };
  await until(({ workers, connections }) => workers?.count === 3 && connections === 4);
  const dashboardWorker = workerOf(dashboard.response);
  let open = 4;
  // If the killed worker was the leader, another takes over.
  for (const [worker, stream] of streams) {
    if (worker === dashboardWorker) continue;
    const known = command.workers.size;
    process.kill(command.workers.get(worker)!, "SIGKILL");
    await stream.ended.catch(() => undefined);
    open--;
    await expect.poll(() => command.workers.size).toBe(known + 1);
    await until(({ workers, connections }) => workers?.count === 3 && connections === open);
  }
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

it("lists and cuts the user's own streams on all workers, through any worker", async () => {
  const { ada, url } = await startWorkers(3);
  const ben = await ApiClient.signIn(url, "ben");
  const streams = await streamOfEach(3, () => ada.stream(`${RELIABLE}?key=mine`));
  const list = () => ada.json<{ streams: { id: string; key: string }[] }>("GET", "/api/streams");
  await expect.poll(async () => (await list()).streams.length).toBe(3);
  expect(await ben.json("GET", "/api/streams")).toEqual({ streams: [] });
  for (const { id, key } of (await list()).streams) {
    expect(key).toBe("mine");
    expect((await ben.fetch("POST", `/api/streams/${id}/cut`)).status).toBe(404);
    expect((await ada.fetch("POST", `/api/streams/${id}/cut`)).status).toBe(204);
  }
  for (const stream of streams.values()) await stream.ended;
  expect(await list()).toEqual({ streams: [] });
});

it("signs out on all workers at once", async () => {
  const { ada, url } = await startWorkers(3);
  const elsewhere = await ApiClient.signIn(url, "ada");
  const streams = await streamOfEach(3, () => ada.stream(RELIABLE));
  const other = await elsewhere.stream(RELIABLE);
  const { ticket } = await ada.json<{ ticket: string }>("POST", "/api/session/ticket");
  expect((await ada.fetch("DELETE", "/api/session")).status).toBe(204);
  const answers = await Promise.all(Array.from({ length: 12 }, () => ada.fetch("GET", "/api/orders")));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 401));
  expect(new Set(answers.map(workerOf)).size).toBe(3);
  expect((await new ApiClient(url, "").fetch("GET", `${RELIABLE}?ticket=${ticket}`)).status).toBe(401);
  for (const stream of streams.values()) await stream.ended;
  await elsewhere.placeOrder("One");
  await other.next("orders");
});

it("opens one stream with a ticket on any worker, and serves the metrics of all workers", async () => {
  const { ada, url, command } = await startWorkers(3);
  const anonymous = new ApiClient(url, "");
  const workers = new Set<string>();
  for (let n = 0; workers.size < 3 && n < 15; n++) {
    const { ticket } = await ada.json<{ ticket: string }>("POST", "/api/session/ticket");
    const stream = await anonymous.stream(`${RELIABLE}?ticket=${ticket}`);
    expect(stream.response.status).toBe(200);
    workers.add(workerOf(stream.response));
    const again = await Promise.all([1, 2, 3].map(() => anonymous.fetch("GET", `${RELIABLE}?ticket=${ticket}`)));
    expect(again.map(({ status }) => status)).toEqual([401, 401, 401]);
  }
  expect(workers.size).toBe(3);
  const text = await (await anonymous.fetch("GET", "/metrics")).text();
  for (const worker of command.workers.keys()) {
    expect(text).toMatch(new RegExp(`^sluice_streams\\{worker="${worker}"\\} [1-9]`, "m"));
    expect(text).toMatch(new RegExp(`^process_resident_memory_bytes\\{worker="${worker}"\\} \\d`, "m"));
  }
});

it("ends the streams of all workers on Ctrl-C, and deletes the export files", async () => {
  const { ada, command } = await startWorkers(3, "--log-level", "warn");
  const streams = await streamOfEach(3, () => ada.stream(RELIABLE));
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
