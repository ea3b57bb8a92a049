import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from "node:http2";
import { describe, expect, it, onTestFinished } from "vitest";
import { createSluice, type NodeResponse, type Sluice } from "../../../src/index.ts";
import { Site } from "../../support/site.ts";
import { ParkedSource } from "../../support/sources.ts";
import { startServer } from "../../support/test-server.ts";
import { turns } from "../../support/turns.ts";
import { until } from "../../support/until.ts";
import { buffering, compressing, passingThrough } from "../support/middlewares.ts";

describe("a connection of HTTP/1.1 to a draining server", () => {
  it.each([
    ["", () => undefined],
    [" behind a middleware that passes writes through", passingThrough],
    [" behind a middleware with a buffer of its own", buffering],
    [" behind a middleware that compresses", compressing],
  ])("is closed after its stream has ended%s", async (_, middleware) => {
    await using site = await Site.open();
    site.answer = (request, response) => {
      middleware(response);
      void site.stream(request, response);
    };
    site.source = site.sluice.channel("news").subscribe();
    const client = await site.get({ keep: true });
    expect(client.response.headers.connection).toBe("keep-alive");
    await site.sluice.drain({ pace: 0 });
    await until("the connection has ended", () => client.ended);
    expect(client.response.complete).toBe(true);
  });

  it("is closed after a stream that has ended by itself", async () => {
    await using site = await Site.open();
    const jobs = site.sluice.jobs<never, string>("exports");
    let finish = (_: string) => {};
    const { id } = jobs.start(() => new Promise((resolve) => void (finish = resolve)));
    site.source = jobs.progress(id);
    const client = await site.get();
    const drained = site.sluice.drain({ timeout: 60_000 });
    finish("done");
    await drained;
    await until("the connection has ended", () => client.ended);
    expect(client.stream.events).toMatchObject([{ type: "completed" }]);
  });

  it("is closed after a 503, so that the client does not use it again", async () => {
    await using site = await Site.open();
    const client = await site.get();
    await until("the first stream has ended", () => client.response.complete);
    await site.sluice.drain();
    client.send();
    await until("the connection has ended", () => client.ended);
    expect(client.responses[1]).toMatchObject({ status: 503, headers: { connection: "close" } });
  });

  it("stays open after a stream that has ended without a drain", async () => {
    await using site = await Site.open();
    site.source = site.sluice.channel("news").subscribe();
    const client = await site.get();
    site.sluice.disconnect(() => true);
    await until("the stream has ended", () => client.response.complete);
    await turns(10);
    expect(client.ended).toBe(false);
  });
});

describe("a session of HTTP/2 to a draining server", () => {
  async function serve(sluice: Sluice = createSluice()) {
    const parked: NodeResponse[] = [];
    const server = await startServer((request, response) => {
      if (request.url === "/json") return void response.end("{}");
      if (request.url === "/slow") return void parked.push(response as NodeResponse);
      void sluice.stream(request, response as NodeResponse, new ParkedSource());
    }, "http2");
    onTestFinished(async () => {
      await sluice.close();
      await server[Symbol.asyncDispose]();
    });
    return { sluice, parked, server, client: () => new Http2Client(server.port) };
  }

  it("receives GOAWAY before its streams end, and ends with the last of them", async () => {
    const { sluice, client } = await serve();
    const one = client();
    const streams = [one.get("/"), one.get("/")];
    await until("both streams are open", () => streams.every(({ status }) => status === 200));
    let ended = 0;
    let endedAtGoaway: number | undefined;
    for (const { request } of streams) request.on("end", () => ended++);
    one.session.on("goaway", () => {
      endedAtGoaway ??= ended;
    });
    await sluice.drain({ pace: 0 });
    await until("the session has ended", () => one.session.destroyed);
    expect([endedAtGoaway, ended]).toEqual([0, 2]);
  });

  it("receives GOAWAY although no stream was requested on it", async () => {
    const { sluice, client } = await serve();
    const first = client();
    const stream = first.get("/");
    await until("the stream is open", () => stream.status === 200);
    const other = client();
    const json = other.get("/json");
    await until("the answer is there", () => json.ended);
    await sluice.drain({ pace: 0 });
    await until("the session has ended", () => other.session.destroyed);
  });

  it("is closed after a 503", async () => {
    const { sluice, client } = await serve();
    await sluice.drain();
    const late = client();
    const refused = late.get("/");
    await until("the session has ended", () => late.session.destroyed);
    expect([refused.status, refused.ended]).toEqual([503, true]);
  });

  it("that begins during the drain still gets its other answers", async () => {
    const { sluice, client } = await serve();
    const first = client();
    const stream = first.get("/");
    await until("the stream is open", () => stream.status === 200);
    const drained = sluice.drain({ pace: 300 });
    const late = client();
    const json = late.get("/json");
    await drained;
    await until("the session has ended", () => late.session.destroyed);
    expect([json.status, json.ended]).toEqual([200, true]);
  });

  it("may finish other requests until the timeout, and is cut then", async () => {
    for (const finishes of [true, false]) {
      const { sluice, parked, client } = await serve();
      const one = client();
      const stream = one.get("/");
      const slow = one.get("/slow");
      await until("both are there", () => stream.status === 200 && parked.length === 1);
      const start = performance.now();
      const drained = sluice.drain({ timeout: finishes ? 60_000 : 300, pace: 0 });
      await until("the stream has ended", () => stream.ended);
      expect(one.session.destroyed).toBe(false);
      if (finishes) parked[0]?.end("{}");
      await drained;
      await until("the session has ended", () => one.session.destroyed);
      expect(slow.status).toBe(finishes ? 200 : undefined);
      expect(performance.now() - start).toBeLessThan(20_000);
    }
  });

  it("may finish other requests after close()", async () => {
    const { sluice, parked, client } = await serve();
    const one = client();
    const stream = one.get("/");
    const slow = one.get("/slow");
    await until("both are there", () => stream.status === 200 && parked.length === 1);
    await sluice.close();
    await until("the stream has ended", () => stream.ended);
    parked[0]?.end("{}");
    await until("the answer is there", () => slow.ended);
    expect(slow.status).toBe(200);
  });

  it("is watched by one listener of the server, which goes when the Sluice closes", async () => {
    const { sluice, server, client } = await serve();
    const before = server.server.listenerCount("session");
    for (let n = 0; n < 3; n++) {
      const stream = client().get("/");
      await until("the stream is open", () => stream.status === 200);
    }
    expect(server.server.listenerCount("session")).toBe(before + 1);
    await sluice.close();
    expect(server.server.listenerCount("session")).toBe(before);
  });
});

class Http2Client {
  readonly session: ClientHttp2Session;

  constructor(port: number) {
    this.session = connect(`http://127.0.0.1:${port}`);
    // A request after GOAWAY fails.
    this.session.on("error", () => undefined);
    onTestFinished(() => this.session.destroy());
  }

  get(path: string): { request: ClientHttp2Stream; status: number | undefined; ended: boolean } {
    const request = this.session.request({ ":path": path });
    const answer = { request, status: undefined as number | undefined, ended: false };
    request.on("response", (headers: IncomingHttpHeaders & { ":status"?: number }) => {
      answer.status = headers[":status"];
    });
    request.on("error", () => undefined);
    request.on("end", () => {
      answer.ended = true;
    });
    request.resume();
    return answer;
  }
}
