import type { ServerResponse } from "node:http";
import { connect } from "node:http2";
import { describe, expect, it } from "vitest";
import type { CloseReason, Connection, Source, StreamOptions } from "../../src/index.ts";
import { createSluice, type NodeResponse } from "../../src/index.ts";
import { makeHeldSources } from "../support/held-sources.ts";
import { Site } from "../support/site.ts";
import { ParkedSource } from "../support/sources.ts";
import { startServer } from "../support/test-server.ts";
import { turns } from "../support/turns.ts";
import { until } from "../support/until.ts";

const REPORT = { error: { code: "ALREADY_ANSWERED" }, context: { stage: "head" } };

describe("a handler that calls stream() after other code has answered", () => {
  it.each([
    ["has sent the head", (response: ServerResponse) => void response.writeHead(503).write("late")],
    ["has ended the response", (response: ServerResponse) => void response.writeHead(503).end("late")],
  ])("and %s gets `refused`, and the answer stays as it is", async (_, answer) => {
    await using site = await Site.open();
    const closed: [CloseReason, Connection | undefined][] = [];
    const options: StreamOptions = { onClose: (...end) => void closed.push(end) };
    for (const { name, source, isHeld } of makeHeldSources()) {
      site.source = source;
      site.answer = (request, response) => {
        answer(response as ServerResponse);
        void site.stream(request, response, options).then(() => response.end());
      };
      const client = await site.get({ keep: true });
      await client.when(() => client.response.complete);
      expect([client.response.status, client.response.stream.body.toString()]).toEqual([503, "late"]);
      await until(`${name} is released`, () => !isHeld());
    }
    expect(site.reasons).toEqual(Array(4).fill("refused"));
    expect(closed).toEqual(Array(4).fill(["refused", undefined]));
    expect(site.errors).toMatchObject(Array(4).fill(REPORT));
    expect(site.sluice.stats()).toMatchObject({ opened: 0, closed: { refused: 4 } });
  });

  it("also when its connection has closed since", async () => {
    await using site = await Site.open();
    site.source = new ParkedSource();
    let late = () => {};
    site.answer = (request, response) => {
      response.end("first");
      late = () => void site.stream(request, response);
    };
    const client = await site.get({ keep: true });
    client.close();
    await until("the connection is closed", () => site.sockets.size === 0);
    late();
    await until("the end is reported", () => site.reasons.length === 1);
    expect(site.reasons).toEqual(["refused"]);
    expect(site.errors).toMatchObject([REPORT]);
  });

  it.each([
    ["ends while the source is being opened", "the time limit is over"],
    ["is still being sent when the source is open", undefined],
  ])("leaves alone an answer that %s", async (_, rest) => {
    await using site = await Site.open();
    const source = new ParkedSource();
    let open: (() => void) | undefined;
    site.source = () => new Promise<ParkedSource>((resolve) => void (open = () => resolve(source)));
    let answered: ServerResponse | undefined;
    site.answer = (request, response) => {
      void site.stream(request, response);
      answered = response as ServerResponse;
    };
    const client = site.request({ keep: true });
    await until("the source is being opened", () => open !== undefined);
    answered?.writeHead(503, { "content-type": "text/plain" }).write("sorry: ");
    if (rest !== undefined) answered?.end(rest);
    await client.when(() => client.hasHead && (rest === undefined || client.response.complete));
    if (rest !== undefined) await until("the end is reported", () => site.reasons.length === 1);
    open?.();
    await until("the source is released", () => source.returned === 1);
    if (rest === undefined) answered?.end("the database is slow");
    await client.when(() => client.response.complete);
    expect(client.response.status).toBe(503);
    expect(client.response.stream.body.toString()).toBe(`sorry: ${rest ?? "the database is slow"}`);
    expect(client.closed).toBe(false);
    expect(site.reasons).toEqual(["refused"]);
    expect(site.errors).toMatchObject([REPORT]);
    expect(source.pulls).toBe(0);
  });

  it("gets `client` without a report if only the client has left", async () => {
    await using site = await Site.open();
    site.source = new ParkedSource();
    let late: (() => void) | undefined;
    site.answer = (request, response) => {
      late = () => void site.stream(request, response);
    };
    const client = site.request();
    await until("the request has arrived", () => late !== undefined);
    client.close();
    await until("the connection is closed", () => site.sockets.size === 0);
    late?.();
    await until("the source is released", () => (site.source as ParkedSource).returned === 1);
    expect(site.reasons).toEqual(["client"]);
    expect(site.errors).toEqual([]);
  });

  it("gets `refused` on HTTP/2, too", async () => {
    const errors: unknown[] = [];
    const sluice = createSluice({ onError: (error, context) => void errors.push({ error, context }) });
    const reasons: CloseReason[] = [];
    const source = new ParkedSource();
    await using server = await startServer((request, response) => {
      response.writeHead(503).end("late");
      setImmediate(() => {
        void sluice.stream(request, response as NodeResponse, source as Source).then((reason) => reasons.push(reason));
      });
    }, "http2");
    const session = connect(`http://127.0.0.1:${server.port}`);
    const stream = session.request();
    let body = "";
    stream.setEncoding("utf8").on("data", (text) => (body += text));
    await new Promise((resolve) => stream.on("close", resolve));
    await until("the end is reported", () => reasons.length === 1);
    session.destroy();
    await turns(3);
    expect([body, reasons, source.returned]).toEqual(["late", ["refused"], 1]);
    expect(errors).toMatchObject([REPORT]);
    await sluice.close();
  });
});
