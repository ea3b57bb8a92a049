import type { Http2ServerResponse } from "node:http2";
import { describe, expect, it } from "vitest";
import { type CloseReason, createSluice, type NodeResponse } from "../../../src/index.ts";
import { Site } from "../../support/site.ts";
import { ParkedSource } from "../../support/sources.ts";
import type { AnyResponse } from "../../support/test-server.ts";
import { until } from "../../support/until.ts";
import type { Arrival } from "../support/carriers/carrier.ts";
import { http2Carrier } from "../support/carriers/http2-carrier.ts";
import { http1Carrier } from "../support/carriers/node-carriers.ts";
import { TransportSite } from "../support/transport-site.ts";

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
    ["connection", "keep-alive"],
    ["upgrade", "h2c"],
  ])("drops %s: %s that was set before, and the body is read to its end", async (name, value) => {
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

  it("stays in chunks if transfer-encoding was set before, also on a refusal", async () => {
    await using site = await Site.open({ maxConnections: 1 });
    site.answer = (request, response) => {
      response.setHeader("transfer-encoding", "chunked");
      void site.stream(request, response);
    };
    site.source = () => new ParkedSource();
    const open = await site.get();
    expect(open.response.headers["transfer-encoding"]).toBe("chunked");
    const refused = await site.get({ keep: true });
    expect([refused.response.status, refused.response.headers["transfer-encoding"]]).toEqual([503, "chunked"]);
    await until("the refusal is complete", () => refused.response.complete);
    open.close();
    await until("the place is free", () => site.sluice.stats().streams === 0);
    site.source = () => null;
    const over = await site.get();
    expect(over.response.status).toBe(204);
    expect(over.response.headers).not.toHaveProperty("transfer-encoding");
  });

  it("keeps `connection: close` that was set before, and the connection closes after the stream", async () => {
    await using site = await Site.open();
    site.answer = (request, response) => {
      response.setHeader("connection", "Close");
      void site.stream(request, response);
    };
    site.source = async function* () {
      yield 1;
    };
    const client = await site.get();
    expect(client.response.headers).toMatchObject({ connection: "close", "transfer-encoding": "chunked" });
    await until("the connection is closed", () => client.ended);
    expect(client.response.complete).toBe(true);
    expect(client.stream.events).toHaveLength(1);
  });

  it("drops a content-length that was set before, also on a refusal", async () => {
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
});

describe("a request", () => {
  it.each([
    ["HTTP/1.1", http1Carrier({ name: "HTTP/1.1" })],
    ["HTTP/2", http2Carrier],
  ])("over %s keeps the answer that other code gave while the source was opened", async (_, carrier) => {
    const sluice = createSluice({ maxConnections: 1, onError: (error) => void errors.push(error) });
    const errors: unknown[] = [];
    const made = new ParkedSource();
    let answerIt = (_: AnyResponse) => {};
    let response: AnyResponse | undefined;
    let reason: CloseReason | undefined;
    await using site = await TransportSite.open({
      ...carrier,
      start: (answer) =>
        carrier.start((open, arrival) =>
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
          }, arrival),
        ),
    });
    const client = site.request({ keep: true });
    await until("the source function is called", () => response !== undefined);
    answerIt(response!);
    await until("the answer has arrived", () => client.status > 0 && client.complete);
    expect([client.status, client.stream.body.toString()]).toEqual([504, "too late"]);
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
  ])("over %s opens nothing if its client left by %s before stream() is called", async (_, way, carrier) => {
    let held: { readonly answer: () => void; readonly arrival: Arrival } | undefined;
    await using site = await TransportSite.open({
      ...carrier,
      start: (answer) =>
        carrier.start((open, arrival) => {
          held = { answer: () => answer(open, arrival), arrival };
        }),
    });
    const source = new ParkedSource();
    site.source = source;
    const client = site.request();
    await until("the request has arrived", () => held !== undefined);
    client.leave(way);
    await until("the server has noticed", () => held!.arrival.gone);
    held!.answer();
    await until("the end is reported", () => site.reasons.length > 0);
    expect(site.reasons).toEqual(["client"]);
    expect(source.pulls).toBe(0);
    expect(site.sluice.connections()).toEqual([]);
  });
});
