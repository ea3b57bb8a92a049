import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type * as Auth from "../../src/auth/index.ts";
import type * as Core from "../../src/index.ts";
import type * as Testing from "../../src/testing/index.ts";
import { PackageCopy } from "./support/package-copy.ts";

/** For a busy machine. */
const TIMEOUT_MS = 60_000;

describe("two copies of the package in one process", () => {
  const copies: PackageCopy[] = [];
  /** The copy that makes the Sluice. */
  let own: typeof Core & typeof Auth & typeof Testing;
  /** The copy that other modules of the program got. */
  let other: typeof own;
  beforeAll(async () => {
    const load = async () => {
      const copy = await PackageCopy.make();
      copies.push(copy);
      const entries = ["index.js", "auth/index.js", "testing/index.js"].map((file) => copy.import<object>(file));
      return Object.assign({}, ...(await Promise.all(entries))) as typeof own;
    };
    own = await load();
    other = await load();
  });
  afterAll(async () => {
    for (const copy of copies) await copy[Symbol.asyncDispose]();
  });

  /** Starts a server of a Sluice, which reports into `errors`. */
  function serve(source: Core.Source, options: Core.StreamOptions = {}) {
    const errors: unknown[] = [];
    const sluice = own.createSluice({ onError: (error) => void errors.push(error) });
    const server = createServer((request, response) => void sluice.stream(request, response, source, options));
    onTestFinished(async () => {
      await sluice.close();
      server.close();
    });
    return new Promise<{ url: string; sluice: Core.Sluice; errors: unknown[] }>((resolve) => {
      const listening = () =>
        resolve({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sluice, errors });
      server.listen(0, "127.0.0.1", listening);
    });
  }

  it("are different", () => {
    expect(own.SseItem).not.toBe(other.SseItem);
  });

  it("keep the ID, the type and the comment of an item that the other copy made", async () => {
    const { url } = await serve(async function* () {
      yield new other.SseItem({ order: 1 }, { id: "o-1", event: "placed" });
      yield new other.SseItem(undefined, { comment: "still working" });
      yield new own.SseItem({ order: 2 }, { id: "o-2" });
    });
    await using stream = await own.readEventStream(url, { timeout: TIMEOUT_MS });
    expect(await own.collect(stream, 2)).toMatchObject([
      { type: "placed", data: '{"order":1}', lastEventId: "o-1" },
      { type: "message", data: '{"order":2}', lastEventId: "o-2" },
    ]);
  });

  it("keep the type of a snapshot's item, and refuse its ID", async () => {
    const sluice = own.createSluice({ onError: () => undefined });
    onTestFinished(() => sluice.close());
    const orders = sluice.channel("orders");
    const first = async (item: Core.SseItem) => {
      const iterator = orders.subscribe({ initial: () => [item] })[Symbol.asyncIterator]();
      return iterator.next();
    };
    expect((await first(new other.SseItem("x", { event: "placed" }))).value).toMatchObject({
      event: "placed",
      data: "x",
    });
    await expect(first(new other.SseItem("x", { id: "1" }))).rejects.toMatchObject({ code: "INVALID_FIELD" });
  });

  it("show followers the message of a JobFailure that the other copy made", async () => {
    const sluice = own.createSluice({ onError: () => undefined });
    onTestFinished(() => sluice.close());
    const { id } = sluice.jobs("exports").start(() => {
      throw new other.JobFailure("The file is empty.");
    });
    const request = new Request("http://localhost/");
    const response = await sluice.response(request, sluice.jobs("exports").progress(id));
    expect(await response.text()).toContain('data: {"message":"The file is empty."}');
  });

  it("recognise each other's errors by instanceof", async () => {
    const subclass = class OutOfStock extends other.SluiceError {};
    const auth = await other.createAuth({ secret: "s".repeat(32) });
    const failure = await auth.authenticate(new Request("http://localhost/")).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(own.AuthError);
    expect(failure).toBeInstanceOf(own.SluiceError);
    expect(new other.JobFailure("x")).toBeInstanceOf(own.JobFailure);
    expect(new other.SseItem("x")).toBeInstanceOf(own.SseItem);
    expect(new subclass("CLOSED", "x")).toBeInstanceOf(own.SluiceError);
    expect(new subclass("CLOSED", "x")).toBeInstanceOf(subclass);
  });

  it("recognise nothing else by instanceof", () => {
    const subclass = class OutOfStock extends own.SluiceError {};
    const error = new other.SluiceError("CLOSED", "x");
    expect(error).not.toBeInstanceOf(subclass);
    expect(error).not.toBeInstanceOf(own.AuthError);
    expect(error).not.toBeInstanceOf(own.JobFailure);
    for (const value of [undefined, null, "x", 1, {}, new Error("x"), { name: "SluiceError", code: "CLOSED" }]) {
      for (const type of [own.SluiceError, own.AuthError, own.JobFailure, own.SseItem]) {
        expect(value instanceof type).toBe(false);
      }
    }
  });

  it("answer 401 with the challenge of the other copy's auth", async () => {
    const auth = await other.createAuth({ secret: "s".repeat(32) });
    const { url, errors } = await serve(async function* () {}, {});
    const { url: guarded } = await serve(async ({ request }) => {
      await auth.authenticate(request as never);
      return (async function* () {})();
    });
    expect((await fetch(url)).status).toBe(200);
    const refused = await fetch(guarded);
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toContain("Bearer");
    expect(errors).toEqual([]);
  });

  it("keep the code of an error of the other copy's log", async () => {
    const log: Core.Log = {
      shared: false,
      open: () => Promise.reject(new other.SluiceError("MISSING_PACKAGE", "Run npm install redis.")),
      close: () => Promise.resolve(),
    };
    const sluice = own.createSluice({ log, onError: () => undefined });
    onTestFinished(() => sluice.close());
    const published = sluice.channel("orders").publish("placed", 1);
    await expect(published).rejects.toMatchObject({ code: "MISSING_PACKAGE" });
  });

  it("stream a channel of the other copy, live and resumed", async () => {
    const foreign = other.createSluice();
    onTestFinished(() => foreign.close());
    const orders = foreign.channel("orders");
    const { url } = await serve(orders.subscribe());
    await using stream = await own.readEventStream(url, { timeout: TIMEOUT_MS });
    const id = await orders.publish("placed", { order: 1 });
    expect(await stream.next()).toMatchObject({ type: "placed", data: '{"order":1}', lastEventId: id });
    await orders.publish("placed", { order: 2 });
    await using resumed = await own.readEventStream(url, { lastEventId: id, timeout: TIMEOUT_MS });
    expect(await resumed.next()).toMatchObject({ data: '{"order":2}' });
  });

  it("end an iteration over a channel of the other copy with the stream whose source iterates", async () => {
    const foreign = other.createSluice();
    onTestFinished(() => foreign.close());
    const orders = foreign.channel("orders");
    let ended = false;
    const { url, sluice } = await serve(async function* () {
      yield "begun";
      try {
        for await (const { data } of orders.subscribe()) yield data;
      } finally {
        ended = true;
      }
    });
    await using stream = await own.readEventStream(url, { timeout: TIMEOUT_MS });
    expect(await stream.next()).toMatchObject({ data: "begun" });
    sluice.disconnect(() => true);
    await expect.poll(() => ended).toBe(true);
  });
});
