import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openEventStream, type StandardSchema } from "../../../src/client/index.ts";
import { startScriptedServer } from "../../../src/testing/index.ts";
import { until } from "../../support/until.ts";
import { block, QUICK } from "./support/quick.ts";

const SHARE = "../../../src/client/stream/tabs/share.ts";
const network = vi.hoisted(() => ({ isDown: false }));
const missing = vi.hoisted(() => new TypeError("Failed to fetch dynamically imported module"));
vi.mock("../../../src/client/stream/load-rest.ts", async (importOriginal) => {
  const original = await importOriginal<typeof import("../../../src/client/stream/load-rest.ts")>();
  return { loadRest: async () => (network.isDown ? Promise.reject(missing) : original.loadRest()) };
});

describe("a stream whose code that loads later is missing", () => {
  let online: (() => void) | undefined;
  beforeEach(() => {
    network.isDown = true;
    vi.stubGlobal("addEventListener", (type: string, listener: () => void) => {
      if (type === "online") online = listener;
    });
  });
  afterEach(() => {
    online = undefined;
    network.isDown = false;
    vi.unstubAllGlobals();
  });

  it("delivers its events, reports the error, and watches its surroundings once the code is there", async () => {
    await using server = await startScriptedServer();
    const onError = vi.fn();
    const seen: unknown[] = [];
    await using stream = openEventStream(server.url, { ...QUICK, onError });
    stream.on("n", (data) => seen.push(data));
    const first = await server.next();
    await first.send(block(1));
    await until("the event has arrived", () => seen.length === 1);
    expect(onError).toHaveBeenCalledWith(missing, { stage: "load" });
    first.end();
    const second = await server.next();
    await second.send(block(2));
    await until("the event has arrived", () => seen.length === 2);
    expect([second.lastEventId, online]).toEqual(["1", undefined]);
    network.isDown = false;
    second.end();
    const third = await server.next();
    await third.send(block(3));
    await until("the event has arrived", () => seen.length === 3);
    await until("the network is watched", () => online !== undefined);
    online?.();
    expect((await server.next()).lastEventId).toBe("3");
    await until("the last attempt is over", () => stream.lastEnd?.type === "superseded");
    expect(seen).toEqual([1, 2, 3]);
  });

  it("skips no event with a schema: the next attempt receives the event again", async () => {
    await using server = await startScriptedServer();
    const onError = vi.fn();
    const seen: unknown[] = [];
    const validate = (value: unknown) => ({ value: `valid ${value}` });
    const schemas = { n: { "~standard": { version: 1, vendor: "test", validate } } as StandardSchema<string> };
    await using stream = openEventStream<{ n: string; plain: number }>(server.url, { ...QUICK, onError, schemas });
    stream.on("plain", (data) => seen.push(data));
    stream.on("n", (data) => seen.push(data));
    const first = await server.next();
    await first.send(block(1, 1, "plain") + block(2) + block(3, 3, "plain"));
    const second = await server.next();
    expect(second.lastEventId).toBe("1");
    network.isDown = false;
    await second.send(block(2) + block(3, 3, "plain"));
    await until("all events have arrived", () => seen.length === 3);
    expect(seen).toEqual([1, "valid 2", 3]);
    expect(stream.lastEnd).toEqual({ type: "network", error: missing });
    for (const [, context] of onError.mock.calls) expect(context).toEqual({ stage: "load" });
  });

  it("keeps its position once the code is there", async () => {
    await using server = await startScriptedServer();
    const save = vi.fn();
    const persist = { load: () => "kept", save };
    await using _stream = openEventStream(server.url, { ...QUICK, onError() {}, persist, lastEventId: "given" });
    const first = await server.next();
    expect(first.lastEventId).toBe("given");
    network.isDown = false;
    first.end();
    await until("the network is watched", () => online !== undefined);
    const second = await server.next();
    await second.send("id: 7\n\n");
    await until("the position is kept", () => save.mock.calls.some(([position]) => position === "7"));
  });

  it("shares with no tab, and keeps no position, if only the code for tabs is missing", async () => {
    network.isDown = false;
    vi.doMock(SHARE, () => {
      throw missing;
    });
    await using server = await startScriptedServer();
    const onError = vi.fn();
    const persist = { load: vi.fn(), save: vi.fn() };
    const seen: unknown[] = [];
    await using stream = openEventStream(server.url, { shareAcrossTabs: true, shareKey: "u", persist, onError });
    stream.on("n", (data) => seen.push(data));
    await (await server.next()).send(block(1));
    await until("the event has arrived", () => seen.length === 1);
    expect([stream.sharing, online]).toEqual(["alone", expect.any(Function)]);
    expect(onError.mock.calls).toEqual([[expect.objectContaining({ cause: missing }), { stage: "load" }]]);
    expect([persist.load, persist.save].map((each) => each.mock.calls)).toEqual([[], []]);
  });
});
