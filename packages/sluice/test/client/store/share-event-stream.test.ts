import { describe, expect, it, vi } from "vitest";
import { EventStreamError, type SharedEventStream, shareEventStream } from "../../../src/client/index.ts";
import { startScriptedServer } from "../../../src/testing/index.ts";
import { turns } from "../../support/turns.ts";
import { until } from "../../support/until.ts";
import { block, QUICK } from "../stream/support/quick.ts";

const ignore = () => undefined;
/** Longer than a connection stays open without a subscriber. */
const AFTER_GRACE_MS = 1_100;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Projects the data of all events of type `n`. */
const collect = (stream: SharedEventStream) =>
  stream.project("n", (list: unknown[], data) => [...list, data], [] as unknown[]);

describe("a shared stream", () => {
  it("opens nothing until it has a subscriber", async () => {
    await using server = await startScriptedServer();
    const stream = shareEventStream(server.url);
    const events = collect(stream);
    expect([stream.getSnapshot(), events.getSnapshot()]).toEqual([{ state: "connecting" }, []]);
    await turns(20);
    expect(server.connections).toHaveLength(0);
    const leave = events.subscribe(ignore);
    await server.next();
    leave();
  });

  it("is one connection for all that name the same stream", async () => {
    await using server = await startScriptedServer();
    const headers = async () => ({ a: "b" });
    const options = () => ({ headers, until: ["x", "y"], persistKey: "k", onGap: undefined });
    const leaving = [0, 1, 2].map(() => shareEventStream(server.url, options()).subscribe(ignore));
    leaving.push(shareEventStream(new URL(server.url), { ...options(), body: undefined }).subscribe(ignore));
    await (await server.next()).send(block(1));
    await sleep(50);
    expect(server.connections).toHaveLength(1);
    for (const leave of leaving) leave();
  });

  it("is another connection for another URL, value, function or object", async () => {
    await using server = await startScriptedServer({ otherwise: (connection) => connection.open() });
    const headers = () => ({});
    const all = [
      shareEventStream(server.url),
      shareEventStream(`${server.url}?a`),
      shareEventStream(server.url, { headers: { authorization: "a" } }),
      shareEventStream(server.url, { headers: { authorization: "b" } }),
      shareEventStream(server.url, { headers: new Headers({ authorization: "a" }) }),
      shareEventStream(server.url, { headers: new Headers({ authorization: "b" }) }),
      shareEventStream(server.url, { headers }),
      shareEventStream(server.url, { headers: () => ({}) }),
      shareEventStream(server.url, { until: ["a"] }),
      shareEventStream(server.url, { until: ["a", "b"] }),
      shareEventStream(server.url, { persist: { load: ignore, save: ignore } }),
      shareEventStream(server.url, { persist: { load: ignore, save: () => undefined } }),
    ];
    const leaving = all.map((stream) => stream.subscribe(ignore));
    await until("all have connected", () => server.connections.length === all.length);
    for (const leave of leaving) leave();
  });

  it("is one connection for plain objects, lists and Headers of the same values", async () => {
    await using server = await startScriptedServer();
    const open = (...names: string[]) => {
      const values = names.map((name): [string, string] => [name, name.toUpperCase()]);
      return shareEventStream(server.url, { headers: new Headers(values), until: [...names].sort() });
    };
    const leaving = [open("a", "b"), open("b", "a")].map((stream) => stream.subscribe(ignore));
    const bare = Object.assign(Object.create(null), { a: "A" });
    leaving.push(shareEventStream(server.url, { headers: bare }).subscribe(ignore));
    leaving.push(shareEventStream(server.url, { headers: { ...bare, a: "B" } }).subscribe(ignore));
    const all = [await server.next(), await server.next(), await server.next()];
    expect(all.map(({ headers }) => `${headers.a}${headers.b ?? ""}`)).toEqual(["AB", "A", "B"]);
    await sleep(50);
    expect(server.connections).toHaveLength(3);
    for (const leave of leaving) leave();
  });

  it("is one connection for other functions of the same kind if a text names the same user", async () => {
    await using server = await startScriptedServer();
    const open = (token: string) =>
      shareEventStream(server.url, {
        ...QUICK,
        shareKey: "user 1",
        headers: () => ({ authorization: token }),
        persist: { load: () => undefined, save: () => undefined },
        onError: () => undefined,
      });
    const streams = ["a", "b"].map(open);
    const leaving = streams.map((stream) => stream.subscribe(ignore));
    const first = await server.next();
    await first.send(block(1));
    await until("the event has arrived", () => streams[0]?.getSnapshot().lastEvent !== undefined);
    expect(streams.map((stream) => stream.getSnapshot().lastEvent?.id)).toEqual(["1", "1"]);
    leaving.push(open("c").subscribe(ignore));
    first.end();
    const second = await server.next();
    expect([first.headers.authorization, second.headers.authorization]).toEqual(["b", "c"]);
    expect(server.connections).toHaveLength(2);
    for (const leave of leaving) leave();
  });

  it("is another connection for equal functions, unless a text or one function names the user", async () => {
    await using server = await startScriptedServer({ otherwise: (connection) => connection.open() });
    const headers = () => () => ({ authorization: "a" });
    const keys = [() => undefined, () => "", () => "user 1", () => "user 2", () => () => "user 1"];
    const sharing = ["user 1", "user 2", () => "user 1"];
    const all = [...keys.flatMap((key) => [key(), key()]), ...sharing.slice(0, 2), sharing[2], sharing[2]].map(
      (shareKey) => shareEventStream(server.url, { shareKey, headers: headers() }),
    );
    // The users 1 and 2, and the one function, have one connection each.
    const expected = 2 + 2 + 1 + 1 + 2 + 1;
    const leaving = all.map((stream) => stream.subscribe(ignore));
    await until("all have connected", () => server.connections.length >= expected);
    await sleep(100);
    expect(server.connections).toHaveLength(expected);
    for (const leave of leaving) leave();
  });

  it("is another connection for a function that decides on the events, and for each onGap and signal", async () => {
    await using server = await startScriptedServer({ otherwise: (connection) => connection.open() });
    const own: (() => Parameters<typeof shareEventStream>)[] = [
      () => [() => server.url, { persistKey: "p" }],
      () => [server.url, { method: "POST", body: () => "{}" }],
      () => [server.url, { until: () => false }],
      () => [server.url, { parse: (text: string) => text }],
      () => [
        server.url,
        { schemas: { n: { "~standard": { version: 1, vendor: "", validate: (value: unknown) => ({ value }) } } } },
      ],
      () => [server.url, { onGap: () => undefined }],
      () => [server.url, { signal: new AbortController().signal }],
    ];
    const leaving = [...own, ...own].map((create) => {
      const [url, options] = create();
      return shareEventStream(url, { ...options, headers: () => ({}), shareKey: "user 1" }).subscribe(ignore);
    });
    await until("all have connected", () => server.connections.length === leaving.length);
    for (const leave of leaving) leave();
  });

  it("shows its state, the newest event, the newest gap and the error", async () => {
    await using server = await startScriptedServer();
    const onError = vi.fn();
    const stream = shareEventStream(server.url, { ...QUICK, onError });
    const states: string[] = [];
    const leave = stream.subscribe(() => {
      const { state } = stream.getSnapshot();
      if (state !== states.at(-1)) states.push(state);
    });
    const gap = { reason: "trimmed", lastEventId: "1", resumesAfter: "4" };
    const first = await server.next();
    await first.send(block(1) + block(4, gap, "gap"));
    await until("the gap has arrived", () => stream.getSnapshot().gap !== undefined);
    await until("the event has arrived", () => stream.getSnapshot().lastEvent?.id === "4");
    expect(stream.getSnapshot()).toMatchObject({ state: "open", gap, lastEvent: { type: "gap", data: gap, id: "4" } });
    first.end();
    (await server.next()).answer(404, { body: "gone" });
    await until("the stream has failed", () => stream.getSnapshot().state === "closed");
    const { error } = stream.getSnapshot();
    expect(error).toBeInstanceOf(EventStreamError);
    expect(error).toMatchObject({ status: 404, body: "gone" });
    expect(states).toEqual(["open", "waiting", "connecting", "closed"]);
    expect(onError.mock.calls).toEqual([[error, { stage: "stream" }]]);
    leave();
  });

  it("opens again from its position when reconnect() is called after a failure", async () => {
    await using server = await startScriptedServer();
    const stream = shareEventStream(server.url, { onError: ignore });
    const events = collect(stream);
    const leave = events.subscribe(ignore);
    const first = await server.next();
    await first.send(block(1));
    await until("the event has arrived", () => events.getSnapshot().length === 1);
    stream.reconnect();
    const second = await server.next();
    expect(second.lastEventId).toBe("1");
    second.answer(403);
    await until("the stream has failed", () => stream.getSnapshot().state === "closed");
    stream.reconnect();
    expect(stream.getSnapshot()).toMatchObject({ state: "connecting", error: undefined });
    const third = await server.next();
    expect(third.lastEventId).toBe("1");
    await third.send(block(2));
    await until("the event has arrived", () => events.getSnapshot().length === 2);
    leave();
  });

  it("stays open for a second without a subscriber, then closes, and begins anew after that", async () => {
    await using server = await startScriptedServer();
    const stream = shareEventStream(server.url);
    const leave = stream.subscribe(ignore);
    const first = await server.next();
    await first.send(block(1));
    await until("the event has arrived", () => stream.getSnapshot().lastEvent?.id === "1");
    leave();
    leave();
    await sleep(200);
    const leaveAgain = shareEventStream(server.url).subscribe(ignore);
    expect(stream.getSnapshot()).toMatchObject({ state: "open", lastEvent: { id: "1" } });
    await sleep(AFTER_GRACE_MS);
    expect([first.isClosed, server.connections.length]).toEqual([false, 1]);
    leaveAgain();
    await until("the connection is closed", () => first.isClosed);
    expect(stream.getSnapshot()).toEqual({ state: "connecting" });
    const leaveLast = stream.subscribe(ignore);
    expect((await server.next()).lastEventId).toBe("");
    leaveLast();
  });

  it("passes the errors of its options to the subscriber that opens it", async () => {
    const stream = shareEventStream("http://127.0.0.1:1/", { backoff: -1 });
    expect(() => stream.subscribe(ignore)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
    vi.stubGlobal("location", new URL("http://127.0.0.1:1/page"));
    for (const url of ["http://[", undefined, null, 5, {}, Symbol("x")])
      expect(() => shareEventStream(url as never).subscribe(ignore)).toThrow(
        expect.objectContaining({ code: "INVALID_OPTION" }),
      );
    vi.unstubAllGlobals();
  });

  it("calls the newest functions of its users", async () => {
    await using server = await startScriptedServer();
    let token = "a";
    const headers = () => ({ authorization: token });
    const gaps: unknown[] = [];
    const options = { ...QUICK, headers, onGap: (gap: unknown) => void gaps.push(gap) };
    const leave = shareEventStream(server.url, options).subscribe(ignore);
    const first = await server.next();
    expect(first.headers.authorization).toBe("a");
    await first.send(block(1, { reason: "trimmed" }, "gap"));
    await until("the gap was passed on", () => gaps.length === 1);
    token = "b";
    first.end();
    expect((await server.next()).headers.authorization).toBe("b");
    leave();
  });

  it("ends with the event that until names", async () => {
    await using server = await startScriptedServer();
    for (const end of ["done", ["x", "done"], ({ type }: { type: string }) => type === "done"]) {
      const stream = shareEventStream(server.url, { until: end });
      const leave = stream.subscribe(ignore);
      await (await server.next()).send(block(1) + block(2, "last", "done") + block(3));
      await until("the stream is complete", () => stream.getSnapshot().state === "closed");
      expect(stream.getSnapshot()).toMatchObject({ error: undefined, lastEvent: { type: "done", data: "last" } });
      leave();
    }
  });

  it("reports the error of a subscriber to onError, and calls the others", async () => {
    await using server = await startScriptedServer();
    const onError = vi.fn();
    const stream = shareEventStream(server.url, { onError });
    const error = new Error("thrown");
    const leaving = [
      stream.subscribe(() => {
        throw error;
      }),
    ];
    const called = vi.fn();
    leaving.push(stream.subscribe(called));
    (await server.next()).open();
    await until("the stream is open", () => stream.getSnapshot().state === "open");
    expect(called).toHaveBeenCalledTimes(1);
    expect(onError.mock.calls).toEqual([[error, { stage: "listener" }]]);
    for (const leave of leaving) leave();
  });
});
