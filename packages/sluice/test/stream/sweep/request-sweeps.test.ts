import { describe, expect, it, onTestFinished, vi } from "vitest";
import { readEventStream } from "../../support/patient-testing.ts";
import { until } from "../../support/until.ts";
import { Workerd, WorkerRequest } from "../../support/workerd.ts";

/** Yields once, and then nothing. */
async function* quiet() {
  yield "first";
  await new Promise(() => {});
}

const request = () => new Request("https://worker.example/stream");

describe("streams in a Cloudflare Worker", () => {
  it("receive heartbeats, each by a timer of its own request", async () => {
    const workerd = new Workerd();
    const { createSluice } = await workerd.load();
    const sluice = createSluice({ heartbeat: 40 });
    const first = new WorkerRequest();
    await workerd.run(() => sluice.response(request(), quiet), first);
    await workerd.run(() => sluice.response(request(), quiet));
    first.drop();
    const { heartbeats } = sluice.stats();
    await until("the second beats", () => sluice.stats().heartbeats >= heartbeats + 3);
  });

  it("end when a later stream finds that nothing sweeps them any more", async () => {
    const workerd = new Workerd();
    const { createSluice } = await workerd.load();
    const ended: string[] = [];
    const sluice = createSluice({ heartbeat: 40 });
    const open = (name: string, own: WorkerRequest) => {
      const onClose = (reason: string) => void ended.push(`${name}: ${reason}`);
      return workerd.run(() => sluice.response(request(), quiet, { onClose }), own);
    };
    const dropped = new WorkerRequest();
    await open("dropped", dropped);
    await open("kept", new WorkerRequest());
    dropped.drop();
    const now = performance.now.bind(performance);
    vi.spyOn(performance, "now").mockImplementation(() => now() + 11_000);
    onTestFinished(() => void vi.restoreAllMocks());
    const { heartbeats } = sluice.stats();
    await until("the kept stream beats", () => sluice.stats().heartbeats > heartbeats);
    await open("later", new WorkerRequest());
    expect(ended).toEqual(["dropped: client"]);
    expect(sluice.health().streams).toBe(2);
  });

  it("end in their own request if another one disconnects or drains them", async () => {
    const workerd = new Workerd();
    const { createSluice } = await workerd.load();
    const sluice = createSluice({ heartbeat: 40 });
    const ended: [reason: string, request: unknown][] = [];
    const onClose = (reason: string) => void ended.push([reason, workerd.current]);
    const [first, second] = [new WorkerRequest(), new WorkerRequest()];
    await workerd.run(() => sluice.response(request(), quiet, { onClose }), first);
    expect(await workerd.run(async () => sluice.disconnect(() => true))).toBe(1);
    expect(ended).toEqual([]);
    await until("the stream has ended", () => ended.length === 1);
    await workerd.run(() => sluice.response(request(), quiet, { onClose }), second);
    await workerd.run(() => sluice.drain({ grace: 0, pace: 0, timeout: 2_000 }));
    expect(ended).toEqual([
      ["disconnected", first],
      ["drained", second],
    ]);
  });

  it("share one timer in a Durable Object, whose requests are one", async () => {
    const workerd = new Workerd();
    const { createSluice } = await workerd.load();
    const sluice = createSluice({ heartbeat: 40 });
    const object = new WorkerRequest();
    for (let i = 0; i < 5; i++) await workerd.run(() => sluice.response(request(), quiet), object);
    await until("all have beaten", () => sluice.stats().heartbeats >= 10);
    expect(object.timers.size).toBeLessThanOrEqual(1);
  });
});

describe("a channel in a Cloudflare Worker", () => {
  it("refuses another request with WRONG_REQUEST, for it would reach no subscriber", async () => {
    const workerd = new Workerd();
    const { createSluice } = await workerd.load();
    const errors: unknown[] = [];
    const sluice = createSluice({ onError: (error) => errors.push(error) });
    await workerd.run(() => sluice.channel("news").publish("posted", 1));
    const expected = { code: "WRONG_REQUEST", message: expect.stringContaining("Durable Object") };
    await expect(workerd.run(() => sluice.channel("news").publish("posted", 2))).rejects.toMatchObject(expected);
    await expect(workerd.run(() => sluice.channel("news").history())).rejects.toMatchObject(expected);
    const response = await workerd.run(() => sluice.response(request(), sluice.channel("news").subscribe()));
    expect(response.status).toBe(500);
    expect(errors).toMatchObject([expected]);
  });

  it("serves all requests of a Durable Object", async () => {
    const workerd = new Workerd();
    const { createSluice } = await workerd.load();
    const sluice = createSluice();
    const object = new WorkerRequest();
    const news = await workerd.run(async () => sluice.channel("news"), object);
    const response = await workerd.run(() => sluice.response(request(), news.subscribe()), object);
    await using stream = await readEventStream(response);
    await workerd.run(() => news.publish("posted", 1), object);
    expect(await stream.next()).toMatchObject({ type: "posted", data: "1" });
  });
});
