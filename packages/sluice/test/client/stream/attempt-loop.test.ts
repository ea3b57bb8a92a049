import { describe, expect, it, vi } from "vitest";
import { type AttemptEnd, openEventStream } from "../../../src/client/index.ts";
import { type ScriptedConnection, startScriptedServer } from "../../../src/testing/index.ts";
import { turns } from "../../support/turns.ts";
import { until } from "../../support/until.ts";
import { block, QUICK } from "./support/quick.ts";

/** Returns options that record the ends of attempts, and the planned delays. */
function recorded() {
  const ends: AttemptEnd[] = [];
  const delays: (number | undefined)[] = [];
  const onAttemptEnd = (end: AttemptEnd, { retryIn }: { retryIn: number | undefined }) => {
    ends.push(end);
    delays.push(retryIn);
  };
  return { ends, delays, options: { ...QUICK, onAttemptEnd } };
}

const answer =
  (status: number, options?: Parameters<ScriptedConnection["answer"]>[1]) => (connection: ScriptedConnection) =>
    connection.answer(status, options);

describe("after an attempt, an event stream", () => {
  it("connects again after an end, a cut, a refused connection, a proxy's 502, a 500 and a 429", async () => {
    const { ends, options } = recorded();
    await using server = await startScriptedServer({
      scripts: [
        (connection) => connection.end(),
        (connection) => connection.cut(),
        async (connection) => {
          await connection.send("data: unfini");
          connection.cut({ reset: true });
        },
        answer(502, { body: "<h1>Bad Gateway</h1>", type: "text/html" }),
        answer(500),
        answer(429),
      ],
    });
    await using stream = openEventStream(server.url, options);
    stream.on("n", () => undefined);
    await until("all scripts were used", () => server.connections.length === 7);
    await server.stop();
    await until("the connection was refused", () => ends.length >= 8);
    await server.start();
    await server.next();
    (await server.next()).open();
    await until("the stream is open", () => stream.state === "open");
    expect(ends.map(({ type }) => type).slice(0, 7)).toEqual([
      "ended",
      "network",
      "network",
      "status",
      "status",
      "status",
      "network",
    ]);
    expect(ends[3]).toEqual({ type: "status", status: 502, body: "<h1>Bad Gateway</h1>", retryAfter: undefined });
  });

  it.each([400, 404, 408, 410, 422])("stops with the answer's text after a %i", async (status) => {
    await using server = await startScriptedServer({ scripts: [answer(status, { body: "no such thing" })] });
    const { options, delays } = recorded();
    const stream = openEventStream(server.url, options);
    expect(await stream.closed).toMatchObject({ type: "status", status, body: "no such thing" });
    expect(delays).toEqual([undefined]);
  });

  it("stops after a 204, and after a page in place of the stream", async () => {
    await using server = await startScriptedServer({
      scripts: [answer(204), answer(200, { body: "<html>", type: "text/html" })],
    });
    expect(await openEventStream(server.url).closed).toEqual({ type: "no-content" });
    const other = openEventStream(server.url, recorded().options);
    expect(await other.closed).toEqual({ type: "wrong-type", contentType: "text/html", body: "<html>" });
  });

  it.each([401, 403])("calls headers() once more after a %i, and then stops", async (status) => {
    await using server = await startScriptedServer({ otherwise: answer(status, { body: "bad token" }) });
    const headers = vi.fn(async () => ({ authorization: `token ${headers.mock.calls.length}` }));
    const { options } = recorded();
    const stream = openEventStream(server.url, { ...options, headers });
    expect(await stream.closed).toMatchObject({ type: "status", status, body: "bad token" });
    expect(server.connections.map((each) => each.headers.authorization)).toEqual(["token 1", "token 2"]);
  });

  it("stops at once after a 401 if no function can return other credentials", async () => {
    await using server = await startScriptedServer({ otherwise: answer(401) });
    const stream = openEventStream(server.url, { ...recorded().options, headers: { authorization: "fixed" } });
    expect(await stream.closed).toMatchObject({ type: "status", status: 401 });
    expect(server.connections).toHaveLength(1);
  });

  it("calls headers() once more for each 401 after a stream that was open", async () => {
    const open = (connection: ScriptedConnection) => connection.end();
    await using server = await startScriptedServer({
      scripts: [answer(401), open, answer(401), open, answer(401), answer(401)],
    });
    const stream = openEventStream(server.url, { ...recorded().options, headers: () => ({}) });
    expect(await stream.closed).toMatchObject({ status: 401 });
    expect(server.connections).toHaveLength(6);
  });

  it("retries if url, headers or body throw, and shows their error", async () => {
    await using server = await startScriptedServer();
    const { ends, options } = recorded();
    let calls = 0;
    const fails = () => {
      if (++calls < 3) throw new Error(`offline ${calls}`);
      return server.url;
    };
    await using stream = openEventStream(fails, { ...options, headers: async () => ({ "x-call": `${calls}` }) });
    expect((await server.next()).headers["x-call"]).toBe("3");
    expect(ends).toEqual([
      { type: "network", error: new Error("offline 1") },
      { type: "network", error: new Error("offline 2") },
    ]);
    expect(stream.lastEnd).toBe(ends[1]);
  });

  it("obeys Retry-After, in seconds and as a date by the server's clock", async () => {
    const { ends, delays, options } = recorded();
    const onAttemptEnd: typeof options.onAttemptEnd & { readonly then?: never } = (end, plan) => {
      options.onAttemptEnd(end, plan);
    };
    const date = "Fri, 01 Jan 1999 00:00:00 GMT";
    await using server = await startScriptedServer({
      scripts: [
        answer(503, { retryAfter: 3 }),
        answer(503, { retryAfter: "Fri, 01 Jan 1999 00:01:00 GMT", headers: { date } }),
        answer(503, { retryAfter: "soon" }),
      ],
    });
    await using _stream = openEventStream(server.url, {
      ...QUICK,
      onAttemptEnd: (end, plan) => {
        onAttemptEnd(end, plan);
        return { retryIn: 1 };
      },
    });
    await until("all scripts were used", () => server.connections.length === 4);
    expect(ends).toMatchObject([{ retryAfter: 3_000 }, { retryAfter: 60_000 }, { retryAfter: undefined }]);
    expect(Math.floor((delays[0] as number) / 10)).toBe(300);
    expect(Math.floor((delays[1] as number) / 10)).toBe(6_000);
    expect(delays[2]).toBeLessThan(10);
  });

  it("never waits shorter than the server's reconnection time", async () => {
    await using server = await startScriptedServer({
      scripts: [
        async (connection) => {
          await connection.send("retry: 5000\n\n");
          connection.end();
        },
      ],
    });
    const { delays, options } = recorded();
    await using stream = openEventStream(server.url, options);
    await until("the stream waits", () => stream.state === "waiting");
    expect(delays[0]).toBeGreaterThanOrEqual(5_000);
    expect(delays[0]).toBeLessThan(5_002);
  });

  it("widens its back-off from end to end, until a connection was open for `stableAfter`", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.999999);
    // The time for which a connection is open passes only as the test says.
    vi.useFakeTimers({ toFake: ["performance"] });
    vi.advanceTimersByTime(1);
    try {
      const { delays } = recorded();
      await using server = await startScriptedServer({ otherwise: (connection) => connection.end() });
      const stream = openEventStream(server.url, {
        backoff: 2,
        maxBackoff: 12,
        stableAfter: 1_000,
        onAttemptEnd: (_, { retryIn }) => void delays.push(Math.round(retryIn as number)),
      });
      await until("five attempts have ended", () => delays.length === 5);
      expect(delays).toEqual([2, 4, 8, 12, 12]);
      server.script(async (connection) => {
        connection.open();
        await until("the stream is open", () => stream.state === "open");
        vi.advanceTimersByTime(1_000);
        connection.end();
      });
      await until("another attempt was stable", () => delays.slice(5).includes(2));
      await stream.close();
    } finally {
      vi.useRealTimers();
      vi.restoreAllMocks();
    }
  });

  it("does as onAttemptEnd says: stop, retry although it would stop, or retry after a time", async () => {
    const verdicts = ["retry" as const, { retryIn: 1 }, { retryIn: 0 }, Promise.resolve("stop" as const)];
    await using server = await startScriptedServer({
      scripts: [answer(404), answer(404), answer(404)],
      otherwise: (connection) => connection.end(),
    });
    const stream = openEventStream(server.url, { ...QUICK, onAttemptEnd: () => verdicts.shift() });
    expect(await stream.closed).toEqual({ type: "ended" });
    expect(server.connections).toHaveLength(4);
    expect(await stream[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
  });

  it("follows its plan if onAttemptEnd throws", async () => {
    await using server = await startScriptedServer({ scripts: [answer(500), answer(404)] });
    const onError = vi.fn();
    const stream = openEventStream(server.url, {
      ...QUICK,
      onError,
      onAttemptEnd: () => Promise.reject(new Error("no verdict")),
    });
    expect(await stream.closed).toMatchObject({ status: 404 });
    expect(onError.mock.calls).toEqual([
      [new Error("no verdict"), { stage: "callback" }],
      [new Error("no verdict"), { stage: "callback" }],
    ]);
  });

  it("is complete with the event that `until` names, once it was handed over", async () => {
    await using server = await startScriptedServer({
      otherwise: (connection) => connection.send(block(1) + block(2, "x", "done") + block(3)),
    });
    for (const last of ["done", ["other", "done"], ({ data }: { data: unknown }) => data === "x"]) {
      const stream = openEventStream(server.url, { until: last });
      const seen: unknown[] = [];
      for await (const event of stream) seen.push(event.data);
      expect(seen).toEqual([1, "x"]);
      expect(stream.lastEventId).toBe("2");
      expect(await stream.closed).toEqual({ type: "completed" });
    }
  });

  it("awaits a promise of `until` before the next event, and goes on if it resolves to false or rejects", async () => {
    const received = block(1) + block(2) + block(3) + block(4);
    await using server = await startScriptedServer({ otherwise: (connection) => connection.send(received) });
    const onError = vi.fn();
    const seen: unknown[] = [];
    const stream = openEventStream(server.url, {
      onError,
      async until({ data }) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (data === 1) throw new Error("no verdict");
        return data === 3;
      },
    });
    stream.on("n", (data) => seen.push(data));
    expect(await stream.closed).toEqual({ type: "completed" });
    expect(seen).toEqual([1, 2, 3]);
    expect(stream.lastEventId).toBe("3");
    expect(onError.mock.calls).toEqual([[new Error("no verdict"), { stage: "listener" }]]);
  });

  it("is complete, without another request, if it reconnects while a listener works on its last event", async () => {
    const otherwise = (connection: ScriptedConnection) => connection.send(block(1) + block(2, "x", "done"));
    await using server = await startScriptedServer({ otherwise });
    const stream = openEventStream(server.url, { method: "POST", body: "question", until: "done" });
    const seen: unknown[] = [];
    stream.on("n", (data) => seen.push(data));
    stream.on("done", async (data) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      stream.reconnect();
      await new Promise((resolve) => setTimeout(resolve, 20));
      seen.push(data);
    });
    expect(await stream.closed).toEqual({ type: "completed" });
    expect(seen).toEqual([1, "x"]);
    expect(server.connections).toHaveLength(1);
  });

  it("goes on if `until` throws, and reports the error", async () => {
    await using server = await startScriptedServer();
    const onError = vi.fn();
    const until = ({ data }: { data: unknown }) => {
      if (data === 1) throw new Error("no verdict");
      return data === 3;
    };
    const stream = openEventStream(server.url, { onError, until });
    const seen: unknown[] = [];
    stream.on("n", (data) => seen.push(data));
    await (await server.next()).send(block(1) + block(2) + block(3) + block(4));
    expect(await stream.closed).toEqual({ type: "completed" });
    expect(seen).toEqual([1, 2, 3]);
    expect(onError.mock.calls).toEqual([[new Error("no verdict"), { stage: "listener" }]]);
  });

  it("takes an end without that event for an interruption", async () => {
    await using server = await startScriptedServer({
      scripts: [
        async (connection) => {
          await connection.send(block(1));
          connection.end();
        },
      ],
      otherwise: (connection) => connection.send(block(2, "x", "done")),
    });
    const seen: unknown[] = [];
    for await (const event of openEventStream(server.url, { ...QUICK, until: "done" })) seen.push(event.data);
    expect(seen).toEqual([1, "x"]);
    expect(server.connections[1]?.lastEventId).toBe("1");
  });

  it("stops at an event that exceeds maxEventBytes, after the events before it", async () => {
    await using server = await startScriptedServer({
      otherwise: (connection) => connection.send(`${block(1)}data: ${"x".repeat(1_000)}\n\n`),
    });
    const stream = openEventStream(server.url, { maxEventBytes: 900 });
    const seen: unknown[] = [];
    const over = (async () => {
      for await (const event of stream) seen.push(event.data);
    })();
    await expect(over).rejects.toMatchObject({
      code: "STREAM_FAILED",
      end: { type: "too-large" },
      cause: { code: "EVENT_TOO_LARGE" },
    });
    expect(seen).toEqual([1]);
  });
});

describe("reconnect()", () => {
  it("replaces the connection at once, calls url, headers and body anew, and keeps the position", async () => {
    await using server = await startScriptedServer();
    let topic = "a";
    await using stream = openEventStream(() => `${server.url}?topic=${topic}`, {
      headers: () => ({ "x-topic": topic }),
      body: () => topic,
    });
    const seen: unknown[] = [];
    stream.on("n", (data) => seen.push(data));
    const first = await server.next();
    await first.send(block(5));
    await until("the event has arrived", () => seen.length === 1);
    topic = "b";
    stream.reconnect();
    const second = await server.next();
    expect(second).toMatchObject({ path: "/?topic=b", body: "b", method: "POST", lastEventId: "5" });
    expect(second.headers["x-topic"]).toBe("b");
    await first.gone();
    await second.send(block(6));
    await until("the next event has arrived", () => seen.length === 2);
    expect(seen).toEqual([5, 6]);
  });

  it("ends a wait", async () => {
    await using server = await startScriptedServer({ scripts: [answer(503, { retryAfter: 1_000 })] });
    await using stream = openEventStream(server.url);
    await until("the stream waits", () => stream.state === "waiting");
    stream.reconnect();
    await server.next();
    expect(stream.state).toBe("connecting");
  });

  it("drops what the old connection has received and nobody was given", async () => {
    await using server = await startScriptedServer();
    await using stream = openEventStream(server.url);
    const seen: unknown[] = [];
    stream.on("n", (data) => {
      seen.push(data);
      if (data === 2) stream.reconnect();
    });
    await (await server.next()).send(block(1) + block(2) + block(3));
    const second = await server.next();
    expect(second.lastEventId).toBe("2");
    await second.send(block(3, "again"));
    await until("the event has arrived", () => seen.length === 3);
    expect(seen).toEqual([1, 2, "again"]);
  });

  it("gives no event twice to an iteration that calls it while it is busy with one", async () => {
    await using server = await startScriptedServer();
    await using stream = openEventStream(server.url);
    const seen: unknown[] = [];
    const over = (async () => {
      for await (const { data } of stream) {
        seen.push(data);
        if (data === 1) {
          stream.reconnect();
          const second = await server.next();
          expect(second.lastEventId).toBe("1");
          await second.send(block(2));
          await turns(20);
          expect(stream.lastEventId).toBe("");
        }
        if (data === 2) break;
      }
    })();
    await (await server.next()).send(block(1) + block(2, "old"));
    await over;
    expect(seen).toEqual([1, 2]);
    expect(stream.lastEventId).toBe("1");
  });
});
