import { afterEach, describe, expect, it, vi } from "vitest";
import { type AttemptEnd, openEventStream } from "../../../../src/client/index.ts";
import { createSluice } from "../../../../src/index.ts";
import { type ScriptedConnection, startScriptedServer } from "../../../../src/testing/index.ts";
import { startServer } from "../../../support/test-server.ts";
import { until } from "../../../support/until.ts";
import { block, QUICK } from "../support/quick.ts";

/** Returns options that record the ends of attempts. */
function recorded() {
  const ends: AttemptEnd[] = [];
  return { ends, options: { ...QUICK, onAttemptEnd: (end: AttemptEnd) => void ends.push(end) } };
}

describe("a request", () => {
  afterEach(() => void vi.unstubAllGlobals());

  it("has the method, the headers and the body of the options, and the position as UTF-8", async () => {
    await using server = await startScriptedServer();
    await using _stream = openEventStream(new URL(server.url), {
      method: "PUT",
      headers: { "x-own": "1", accept: "text/event-stream, */*" },
      body: '{"prompt":"hi"}',
      lastEventId: "größe-7",
    });
    const connection = await server.next();
    expect(connection).toMatchObject({ method: "PUT", body: '{"prompt":"hi"}', lastEventId: "größe-7" });
    expect(connection.headers).toMatchObject({ "x-own": "1", accept: "text/event-stream, */*" });
  });

  it("accepts event streams, and is a GET without a body and a POST with one", async () => {
    await using server = await startScriptedServer();
    await using _get = openEventStream(server.url);
    const get = await server.next();
    expect(get).toMatchObject({ method: "GET", body: "" });
    // The second type says that the client can handle a refusal.
    expect(get.headers).toMatchObject({ accept: "text/event-stream, */*" });
    expect(get.headers).not.toHaveProperty("last-event-id");
    await using _post = openEventStream(server.url, { body: async () => new Blob(["later"]).stream() });
    expect(await server.next()).toMatchObject({ method: "POST", body: "later" });
  });

  it("carries the position in the query across origins, and in a header within one", async () => {
    await using server = await startScriptedServer();
    vi.stubGlobal("location", { origin: "https://app.example", href: "https://app.example/page" });
    await using _foreign = openEventStream(`${server.url}?topic=a&lastEventId=old`, { lastEventId: "e-7 ü" });
    const foreign = await server.next();
    expect(foreign.path).toBe("/?topic=a&lastEventId=e-7+%C3%BC");
    expect(foreign.headers).not.toHaveProperty("last-event-id");
    vi.stubGlobal("location", { origin: new URL(server.url).origin, href: `${server.url}page/` });
    await using _own = openEventStream("../orders", { lastEventId: "7" });
    const own = await server.next();
    expect(own.path).toBe("/orders");
    expect(own.lastEventId).toBe("7");
  });

  it("carries a position in the query if no header can: with control characters or lone surrogates", async () => {
    await using server = await startScriptedServer();
    const paths: (string | undefined)[] = [];
    for (const lastEventId of ["a\x01b", "a\x7fb", "a\ud800b", "a😀b"]) {
      await using _stream = openEventStream(`${server.url}?topic=a`, { lastEventId });
      const { path, lastEventId: inHeader } = await server.next();
      paths.push(path, inHeader);
    }
    const query = ["a%01b", "a%7Fb", "a%EF%BF%BDb"].flatMap((id) => [`/?topic=a&lastEventId=${id}`, ""]);
    expect(paths).toEqual([...query, "/?topic=a", "a😀b"]);
  });

  it("sends credentials to other origins only by the option", async () => {
    const modes: unknown[] = [];
    for (const withCredentials of [true, false]) {
      await using stream = openEventStream("http://localhost/", {
        withCredentials,
        fetch: async (_, init) => {
          modes.push(new Request("http://localhost/", init).credentials);
          return new Response(null, { status: 204 });
        },
      });
      await stream.closed;
    }
    expect(modes).toEqual(["include", "same-origin"]);
  });

  it("goes through another fetch, which may ignore the signal", async () => {
    let cancelled = 0;
    const body = () => new ReadableStream({ cancel: () => void cancelled++ });
    let answer: (response: Response) => void = () => undefined;
    const held = new Promise<Response>((resolve) => {
      answer = resolve;
    });
    const headers = { "content-type": "text/event-stream" };
    const answers = [Promise.resolve(new Response(body(), { headers })), held];
    const fetch = vi.fn(async () => (await answers.shift()) as Response);
    const stream = openEventStream("http://127.0.0.1:9/", { fetch });
    await until("the stream is open", () => stream.state === "open");
    stream.reconnect();
    await until("the body was cancelled", () => cancelled === 1);
    await until("it fetches again", () => fetch.mock.calls.length === 2);
    await stream.close();
    answer(new Response(body(), { headers }));
    await until("the late body was cancelled", () => cancelled === 2);
  });

  it("is cancelled by close() while its functions work, while it waits, and while a refusal is read", async () => {
    await using server = await startScriptedServer();
    const early = openEventStream(server.url, { headers: () => new Promise(() => undefined) });
    const waiting = openEventStream(server.url);
    const connection = await server.next();
    await Promise.all([early.close(), waiting.close()]);
    await connection.gone();
    const { ends, options } = recorded();
    const refused = openEventStream(server.url, options);
    const refusal = await server.next();
    refusal.open({ status: 403, type: "text/plain" });
    await refusal.send("for");
    await refused.close();
    await refusal.gone();
    await until("its end was shown", () => ends.length === 1);
    expect(ends).toEqual([{ type: "closed" }]);
    expect(server.connections).toHaveLength(2);
  });
});

describe("a refusal", () => {
  it("has at most 16 KiB of the body, and the text so far if the rest is cut", async () => {
    await using server = await startScriptedServer({
      scripts: [
        (connection) => connection.answer(404, { body: "ä".repeat(20_000) }),
        async (connection) => {
          connection.open({ status: 404, type: "text/plain" });
          await connection.send("half of ");
          connection.cut();
        },
      ],
    });
    const { options } = recorded();
    expect(await openEventStream(server.url, options).closed).toMatchObject({ body: "ä".repeat(8_192) });
    expect(await openEventStream(server.url, options).closed).toMatchObject({ status: 404, body: "half of " });
  });

  it.each(["text/event-stream", "Text/Event-Stream; charset=utf-8", " text/event-stream ;x=y"])(
    "is none if the type is %j",
    async (type) => {
      await using server = await startScriptedServer();
      await using stream = openEventStream(server.url);
      (await server.next()).open({ type });
      await until("the stream is open", () => stream.state === "open");
    },
  );

  it.each(["text/event-streams", "text/plain", "application/json, text/event-stream"])(
    "is an answer of the type %j",
    async (type) => {
      await using server = await startScriptedServer({ otherwise: (each) => each.answer(200, { body: "{}", type }) });
      const stream = openEventStream(server.url, recorded().options);
      expect(await stream.closed).toEqual({ type: "wrong-type", contentType: type, body: "{}" });
    },
  );
});

describe("a silent connection", () => {
  const silent = (head: string) => async (connection: ScriptedConnection) => {
    await connection.send(head);
    await connection.stall();
  };

  it("ends after twice the heartbeat interval that the first comment states", async () => {
    const { ends, options } = recorded();
    await using server = await startScriptedServer({ scripts: [silent(": heartbeat=60\n\n")], timeout: 60_000 });
    await using stream = openEventStream(server.url, options);
    await server.next();
    expect(ends).toEqual([{ type: "silent", ms: 120 }]);
    expect(stream.state).toBe("connecting");
  });

  it("lives as long as bytes arrive", async () => {
    const { ends, options } = recorded();
    await using server = await startScriptedServer();
    await using stream = openEventStream(server.url, options);
    const connection = await server.next();
    await connection.send(": heartbeat=200\n\n");
    for (let i = 0; i < 10; i++) {
      await new Promise((resolve) => setTimeout(resolve, 80));
      await connection.send(":\n\n");
    }
    expect(ends).toEqual([]);
    expect(stream.state).toBe("open");
  });

  it("may be silent for ever if the first comment states no interval", async () => {
    const { ends, options } = recorded();
    await using server = await startScriptedServer({ otherwise: silent(":\n: heartbeat=10\n\n: heartbeat=10\n\n") });
    await using stream = openEventStream(server.url, options);
    await until("the stream is open", () => stream.state === "open");
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(ends).toEqual([]);
  });

  it("ends after `silenceTimeout` without an interval, and after `connectTimeout` without a head", async () => {
    const { ends, options } = recorded();
    await using server = await startScriptedServer({
      scripts: [silent(":\n\n"), (connection) => connection.stall()],
      timeout: 60_000,
    });
    await using _stream = openEventStream(server.url, { ...options, silenceTimeout: 70, connectTimeout: 300 });
    await server.next();
    expect(ends).toEqual([
      { type: "silent", ms: 70 },
      { type: "silent", ms: 300 },
    ]);
  });

  it("is none while a consumer is busy", async () => {
    const { ends, options } = recorded();
    await using server = await startScriptedServer();
    await using stream = openEventStream(server.url, options);
    let isDone = false;
    stream.on("n", async () => {
      await new Promise((resolve) => setTimeout(resolve, 250));
      isDone = true;
    });
    await (await server.next()).send(`: heartbeat=50\n\n${block(1)}`);
    await until("the consumer is done", () => isDone);
    expect(ends).toEqual([]);
  });

  it("does not occur on an idle stream of Sluice, which sends heartbeats", async () => {
    await using sluice = createSluice({ heartbeat: 100 });
    const channel = sluice.channel<{ n: number }>("news");
    await using site = await startServer((request, response) => {
      void sluice.stream(request as never, response as never, channel.subscribe());
    }, "http");
    const { ends, options } = recorded();
    const address = site.server.address() as { port: number };
    // On a busy machine, the server may load its code for longer than a proxy would hold a response back.
    const own = { ...options, shortStreams: false };
    await using stream = openEventStream<{ n: number }>(`http://127.0.0.1:${address.port}/`, own);
    const seen: number[] = [];
    stream.on("n", (data) => seen.push(data));
    await until("the stream has its position", () => stream.lastEventId !== "");
    await new Promise((resolve) => setTimeout(resolve, 600));
    const id = await channel.publish("n", 5);
    await until("the event has arrived", () => seen.length === 1);
    expect(stream.lastEventId).toBe(id);
    expect(ends).toEqual([]);
  });
});
