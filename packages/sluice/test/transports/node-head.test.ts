import type { Http2ServerResponse } from "node:http2";
import { describe, expect, it } from "vitest";
import { type CloseReason, createSluice, type NodeResponse } from "../../src/index.ts";
import { Site } from "../support/site.ts";
import { ParkedSource } from "../support/sources.ts";
import type { AnyResponse } from "../support/test-server.ts";
import { until } from "../support/until.ts";
import { http2Carrier } from "./http2-carrier.ts";
import { http1Carrier } from "./node-carriers.ts";
import { Stage } from "./stage.ts";

describe("the head of a stream", () => {
  it("keeps the headers that were set before, and adds to Vary", async () => {
    await using site = await Site.open({ compress: true });
    site.source = new ParkedSource();
    site.answer = (request, response) => {
      response.setHeader("x-request-id", "7");
      response.setHeader("set-cookie", ["a=1", "b=2"]);
      response.setHeader("vary", "Origin");
      response.setHeader("access-control-allow-origin", "*");
      response.setHeader("content-type", "application/json");
      response.statusCode = 404;
      void site.stream(request, response);
    };
    const { response } = await site.get({ headers: { "accept-encoding": "gzip" } });
    expect(response.status).toBe(200);
    expect(response.headers).toMatchObject({
      "x-request-id": "7",
      "set-cookie": "a=1, b=2",
      vary: "Origin, accept-encoding",
      "access-control-allow-origin": "*",
      "content-type": "text/event-stream",
    });
  });

  it.each([
    ["content-length", "5"],
    ["transfer-encoding", "chunked"],
    ["connection", "close"],
  ])("leaves out %s: %s that was set before, and the body is read to its end", async (name, value) => {
    await using site = await Site.open();
    site.source = async function* () {
      yield "longer than five bytes";
    };
    site.answer = (request, response) => {
      response.setHeader(name, value);
      void site.stream(request, response);
    };
    const client = await site.get();
    await until("the body has ended", () => client.response.complete);
    expect(client.stream.events).toHaveLength(1);
    expect(client.response.headers).not.toHaveProperty("content-length");
    expect(client.response.headers.connection).not.toBe("close");
  });

  it("of a refusal leaves out a content-length that was set before", async () => {
    await using site = await Site.open({ maxConnections: 1 });
    site.source = () => new ParkedSource();
    site.answer = (request, response) => {
      response.setHeader("content-length", "5");
      void site.stream(request, response);
    };
    await site.get();
    const { response } = await site.get({ keep: true });
    await until("the answer is complete", () => response.complete);
    expect(response.stream.body.toString()).toContain("reached its limit");
  });

  it("has no headers on HTTP/2 that belong to a connection", async () => {
    const carrier: typeof http2Carrier = {
      ...http2Carrier,
      start: (answer) =>
        http2Carrier.start((open) =>
          answer((sluice, source, options) => open(sluice, source, { ...options, headers: { "x-own": "1" } })),
        ),
    };
    await using stage = await Stage.set(carrier);
    stage.source = new ParkedSource();
    const asker = await stage.get();
    expect(asker.headers).toMatchObject({ "content-type": "text/event-stream", "x-own": "1" });
    for (const name of ["connection", "keep-alive", "transfer-encoding", "content-length"])
      expect(asker.headers).not.toHaveProperty(name);
  });

  it("leaves in one packet with the first block", async () => {
    await using site = await Site.open();
    site.source = site.sluice.channel("news").subscribe();
    const client = site.ask({ keep: true });
    const packets: string[] = [];
    client.socket.on("data", (bytes) => packets.push(bytes.toString()));
    await until("something has come", () => packets.length > 0);
    expect(packets[0]).toMatch(
      /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n[0-9a-f]+\r\n:\nretry: \d+\nid: [0-9a-z]+-0\n\n\r\n$/,
    );
  });

  it("brings each subscriber its own reconnection time, within 20 % of the one that was set", async () => {
    const sluice = createSluice({ retry: 2_000 });
    const retries: number[] = [];
    for (let i = 0; i < 300; i++) {
      const options = i % 2 === 0 ? {} : { retry: 4_000 };
      const response = await sluice.response(new Request("http://localhost/"), new ParkedSource(), options);
      const { value } = await response.body!.getReader().read();
      const retry = Number(/^retry: (\d+)$/m.exec(Buffer.from(value!).toString())?.[1]);
      retries.push(i % 2 === 0 ? retry : retry / 2);
    }
    expect(Math.min(...retries)).toBeGreaterThanOrEqual(1_600);
    expect(Math.max(...retries)).toBeLessThanOrEqual(2_400);
    expect(Math.max(...retries) - Math.min(...retries)).toBeGreaterThan(600);
    await sluice.close();
  });
});

describe("a request", () => {
  it.each([
    ["HTTP/1.1", http1Carrier({ name: "HTTP/1.1" })],
    ["HTTP/2", http2Carrier],
  ])("over %s that something else answers while the source is opened is left to that", async (_, carrier) => {
    const sluice = createSluice({ maxConnections: 1, onError: (error) => void errors.push(error) });
    const errors: unknown[] = [];
    const made = new ParkedSource();
    let answerIt = (_: AnyResponse) => {};
    let response: AnyResponse | undefined;
    let reason: CloseReason | undefined;
    await using stage = await Stage.set({
      ...carrier,
      start: (answer) =>
        carrier.start((open) =>
          answer(async () => {
            const withResponse = {
              stream: (request: never, answered: NodeResponse, source: never) => {
                response = answered as AnyResponse;
                return sluice.stream(request, answered, source);
              },
            };
            const source = () =>
              new Promise((resolve) => {
                answerIt = (answered) => {
                  answered.writeHead(504);
                  (answered as Http2ServerResponse).end("too late");
                  resolve(made);
                };
              });
            reason = await open(withResponse as never, source as never);
            return reason;
          }),
        ),
    });
    const asker = stage.ask({ keep: true });
    await until("the source is asked for", () => response !== undefined);
    answerIt(response!);
    await until("it is answered", () => asker.status > 0 && asker.complete);
    expect([asker.status, asker.stream.body.toString()]).toEqual([504, "too late"]);
    await until("the stream is given up", () => reason !== undefined);
    expect(reason).toBe("refused");
    expect(made).toMatchObject({ pulls: 0, returned: 1 });
    expect(errors).toHaveLength(1);
    expect(sluice.stats()).toMatchObject({ streams: 0, opened: 0, closed: { refused: 1 } });
    await sluice.close();
  });

  it.each([
    ["HTTP/1.1", "RST", http1Carrier({ name: "HTTP/1.1" })],
    ["HTTP/1.1", "FIN", http1Carrier({ name: "HTTP/1.1" })],
    ["HTTP/2", "RST_STREAM", http2Carrier],
    ["HTTP/2", "RST", http2Carrier],
  ])("over %s whose client left by %s before stream() is called opens nothing", async (_, way, carrier) => {
    let go = () => {};
    await using stage = await Stage.set({
      ...carrier,
      start: (answer) =>
        carrier.start((open) => {
          go = () => answer(open);
        }),
    });
    const source = new ParkedSource();
    stage.source = source;
    const waits = go;
    const asker = stage.ask();
    await until("the request is there", () => go !== waits);
    asker.leave(way);
    // Long enough for the server to notice: another request comes and goes.
    const first = go;
    stage.ask();
    await until("another request is there", () => go !== first);
    await new Promise((resolve) => setTimeout(resolve, 20));
    first();
    await until("it is over", () => stage.reasons.length > 0);
    expect(stage.reasons).toEqual(["client"]);
    expect(source.pulls).toBe(0);
    expect(stage.sluice.connections()).toEqual([]);
  });

  it("of the Fetch standard that was aborted before is answered, and opens nothing", async () => {
    const sluice = createSluice();
    const reasons: CloseReason[] = [];
    const source = new ParkedSource();
    const request = new Request("http://localhost/", { signal: AbortSignal.abort() });
    const response = await sluice.response(request, source, { onClose: (reason) => reasons.push(reason) });
    expect([response.status, reasons, source.pulls]).toEqual([499, ["client"], 0]);
    await sluice.close();
  });
});
