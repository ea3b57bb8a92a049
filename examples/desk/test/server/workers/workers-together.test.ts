import { expect, it } from "vitest";
import type { Metric } from "../../../wire/dashboard.ts";
import { ApiClient } from "../../support/api-client.ts";
import type { EventReader } from "../../support/event-reader.ts";
import { placeOrders, startWorkersForFile, streamOfEach, workerOf } from "../../support/start-workers.ts";

// These tests start, kill and replace several processes, which takes long on a busy machine.

const RELIABLE = "/api/orders/stream/reliable";

/** One desk for all tests: a desk with workers that were killed and replaced must do everything that a new one does. */
const running = startWorkersForFile(3);

function orderIds(stream: EventReader): string[] {
  return stream.events.filter(({ type }) => type === "orders").map(({ data }) => data.orderId);
}

it("delivers orders from all workers to the streams of all workers, once and in the same order", async () => {
  const { ada, command } = await running();
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

it("lists and cuts the user's own streams on all workers, through any worker", async () => {
  const { ada, url } = await running();
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
  const { ada, url } = await running();
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
  const { ada, url, command } = await running();
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

it("resumes the streams of a killed worker on another without a gap, and replaces the worker", async () => {
  const { ada, command } = await running();
  const streams = await streamOfEach(3, () => ada.stream(RELIABLE));
  const before = await placeOrders(ada, 6);
  for (const stream of streams.values()) await expect.poll(() => orderIds(stream).length).toBe(6);

  const known = command.workers.size;
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

  await expect.poll(() => command.workers.size).toBe(known + 1);
  const now = await streamOfEach(3, () => ada.stream(RELIABLE));
  expect([...now.keys()]).not.toContain(victim);
  expect([...now.keys()].some((worker) => worker[0] === victim[0])).toBe(true);
});

it("counts all workers on the dashboard, removes a killed worker, and counts its replacement", async () => {
  const { ada, command } = await running();
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
