import { createReadStream, type ReadStream } from "node:fs";
import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { createSluice, type NodeResponse, type Source, type StreamOptions } from "../../../src/index.ts";
import { discard } from "../../../src/stream/source/discard.ts";
import { holdTransports } from "../../support/held-load.ts";
import { makeHeldSources } from "../../support/held-sources.ts";
import { Site } from "../../support/site.ts";
import { startServer } from "../../support/test-server.ts";
import { turns } from "../../support/turns.ts";
import { until } from "../../support/until.ts";

const held = makeHeldSources().map(({ name }, index) => [name, () => makeHeldSources()[index]!] as const);

describe.each(held)("a source that was never opened (%s) is released", (_, make) => {
  it("if its client has left before stream() is called", async () => {
    await using site = await Site.open();
    const { source, isHeld } = make();
    site.source = source;
    let late: (() => void) | undefined;
    site.answer = (request, response) => {
      late = () => void site.stream(request, response);
    };
    const client = site.request();
    await until("the request has arrived", () => late !== undefined);
    client.close();
    await until("the connection is closed", () => site.sockets.size === 0);
    late?.();
    await until("it is released", () => !isHeld());
    expect(site.reasons).toEqual(["client"]);
  });

  it("if the request of the Fetch API was aborted before", async () => {
    await using sluice = createSluice();
    const { source, isHeld } = make();
    const reasons: string[] = [];
    const request = new Request("http://localhost/", { signal: AbortSignal.abort() });
    const response = await sluice.response(request, source, { onClose: (reason) => void reasons.push(reason) });
    expect([response.status, response.headers.get("cache-control")]).toEqual([499, "no-store"]);
    await until("it is released", () => !isHeld());
    expect(reasons).toEqual(["client"]);
  });

  it.each(["http", "http2"] as const)("if the head cannot be sent on %s", async (kind) => {
    const reports: string[] = [];
    await using sluice = createSluice({ onError: (_error, { stage }) => void reports.push(stage) });
    const { source, isHeld } = make();
    await using server = await startServer((request, response) => {
      (response as ServerResponse).writeHead = () => {
        throw new Error("in a middleware");
      };
      void sluice.stream(request, response as NodeResponse, source);
    }, kind);
    if (kind === "http") void fetch(`http://127.0.0.1:${server.port}/`).catch(() => undefined);
    else {
      const { connect } = await import("node:http2");
      const session = connect(`http://127.0.0.1:${server.port}`).on("error", () => undefined);
      session.request().on("error", () => undefined);
    }
    await until("it is released", () => !isHeld());
    expect(reports).toContain("head");
  });

  it("if a middleware throws at the first write", async () => {
    await using site = await Site.open();
    const { source, isHeld } = make();
    site.source = source;
    const { answer } = site;
    site.answer = (request, response) => {
      response.write = () => {
        throw new Error("in a middleware");
      };
      answer(request, response);
    };
    site.request();
    await until("it is released", () => !isHeld());
    expect(site.reasons).toEqual(["error"]);
    expect(site.errors).toMatchObject([{ context: { stage: "transport" } }]);
  });

  it.each([
    ["an option is wrong", { retry: -1 }],
    ["an option is unknown", { hartbeat: 1 } as StreamOptions],
  ])("if stream() or response() rejects because %s", async (_why, options) => {
    await using site = await Site.open();
    for (const kind of ["stream", "response"] as const) {
      const { source, isHeld } = make();
      const rejected =
        kind === "response"
          ? site.sluice.response(new Request("http://localhost/"), source, options)
          : site.sluice.stream({ headers: {} }, { writeHead() {} } as never, source, options);
      await expect(rejected).rejects.toMatchObject({ code: "INVALID_OPTION" });
      await until("it is released", () => !isHeld());
    }
  });

  it("if the request or the response is none", async () => {
    await using site = await Site.open();
    for (const open of [
      (source: Source) => site.sluice.stream({} as never, {} as never, source),
      (source: Source) => site.sluice.response({} as never, source),
    ]) {
      const { source, isHeld } = make();
      await expect(open(source)).rejects.toMatchObject({ code: "INVALID_OPTION" });
      await until("it is released", () => !isHeld());
    }
  });
});

describe("a Readable", () => {
  it("that errors while the code of streams is being loaded ends its stream, not the process", async () => {
    using load = holdTransports();
    await using site = await Site.open();
    let readable: ReadStream | undefined;
    site.answer = (request, response) => {
      readable = createReadStream("/no/such/file");
      site.source = readable;
      void site.stream(request, response);
    };
    const client = site.request();
    await until("it has failed", () => load.isAwaited && readable?.errored instanceof Error);
    load.release();
    await until("the stream has ended", () => client.hasHead && client.response.complete);
    expect(site.reasons).toEqual(["error"]);
    expect(site.errors).toMatchObject([{ error: { code: "ENOENT" }, context: { stage: "source" } }]);
  });
});

describe("misuse of stream() that passes", () => {
  it.each([
    ["a promise that rejects", () => Promise.reject(new Error("no source"))],
    ["a promise of a file that is missing", async () => createReadStream("/no/such/file")],
  ])("%s as the source does not end the process", async (_, make) => {
    await using site = await Site.open();
    const rejected = site.sluice.stream({ headers: {} }, { writeHead() {} } as never, make() as never);
    await expect(rejected).rejects.toMatchObject({ code: "INVALID_OPTION" });
    await new Promise((resolve) => setTimeout(resolve, 50));
  });

  it("a promise of the options is refused, and does not end the process", async () => {
    await using site = await Site.open();
    const options = Promise.reject(new Error("no user"));
    const { source, isHeld } = makeHeldSources()[0]!;
    const rejected = site.sluice.response(new Request("http://localhost/"), source, options as StreamOptions);
    await expect(rejected).rejects.toMatchObject({ code: "INVALID_OPTION" });
    await until("the source is released", () => !isHeld());
    await turns(3);
  });
});

describe("discard()", () => {
  it("does nothing with values that hold nothing, however odd", async () => {
    const failures: unknown[] = [];
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    for (const value of [undefined, null, 0, "text", [], {}, () => 1, Symbol("x"), Object.create(null)])
      discard(value, (error) => failures.push(error));
    await turns(3);
    expect(failures).toEqual([]);
    discard(proxy, (error) => failures.push(error));
    await turns(3);
    expect(failures).toHaveLength(1);
  });

  it("leaves a ReadableStream alone that somebody else reads", async () => {
    let isCancelled = false;
    const readable = new ReadableStream({
      cancel() {
        isCancelled = true;
      },
    });
    readable.getReader();
    const failures: unknown[] = [];
    discard(readable, (error) => failures.push(error));
    await turns(3);
    expect([isCancelled, failures]).toEqual([false, []]);
  });
});
