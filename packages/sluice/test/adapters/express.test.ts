import { createServer, type Server } from "node:http";
import express, { type ErrorRequestHandler, type RequestHandler } from "express";
import { describe, expect, it } from "vitest";
import { createSluice, type Sluice } from "../../src/index.ts";
import {
  adapterContract,
  COOKIES,
  HANDLED,
  LATE,
  ORIGIN,
  type Route,
  type ServerSetup,
} from "./support/adapter-contract.ts";
import { serve } from "./support/listen.ts";
import { fetchGzip, naiveCompression } from "./support/naive-compression.ts";

/** Sets a header when the head leaves, as a middleware with `on-headers` does. */
const setLate: RequestHandler = (_req, res, next) => {
  const { writeHead } = res;
  res.writeHead = ((...args: Parameters<typeof writeHead>) => {
    res.setHeader(LATE, "1");
    return writeHead.apply(res, args);
  }) as typeof writeHead;
  next();
};

function application({ sluice, routes }: ServerSetup, ...middlewares: RequestHandler[]): Server {
  const app = express();
  for (const middleware of middlewares) app.use(middleware);
  app.use(setLate);
  app.set("env", "test");
  app.use((_req, res, next) => {
    res.set("access-control-allow-origin", ORIGIN).append("set-cookie", [...COOKIES]);
    next();
  });
  app.get("/:name/:id", async (req, res) => {
    const { source, options } = (routes[req.params.name] as Route)(req.params.id);
    await sluice.stream(req, res, source, options);
  });
  app.use(((error, _req, res, _next) => {
    res
      .status(error.status ?? 500)
      .set(HANDLED, "1")
      .type("text")
      .send(error.message);
  }) as ErrorRequestHandler);
  return createServer(app);
}

adapterContract("Express 5", (setup) => serve(application(setup)));

adapterContract("Express 5 behind a compression middleware", (setup) =>
  serve(application(setup, naiveCompression), fetchGzip),
);

describe("an error of the source on Express", () => {
  const failing = async () => {
    throw Object.assign(new Error("Gone."), { status: 410 });
  };
  async function answerOf(handler: (sluice: Sluice) => RequestHandler): Promise<[number, string]> {
    const app = express();
    app.set("env", "test");
    let calls = 0;
    app.get("/", handler(createSluice({ onError: () => undefined })));
    app.use(((error, _req, res, _next) => {
      res.status(error.status ?? 500).send(`${error.message} ${++calls}`);
    }) as ErrorRequestHandler);
    const server = await serve(createServer(app));
    const response = await server.fetch("/");
    const answer: [number, string] = [response.status, await response.text()];
    await server.close();
    return answer;
  }

  it("reaches its error handling once, if the handler returns, awaits or ignores the promise", async () => {
    expect(await answerOf((sluice) => (req, res) => sluice.stream(req, res, failing))).toEqual([410, "Gone. 1"]);
    const awaiting = (sluice: Sluice): RequestHandler => {
      return async (req, res, next) => void (await sluice.stream(req, res, failing).catch(next));
    };
    expect(await answerOf(awaiting)).toEqual([410, "Gone. 1"]);
    const ignoring = (sluice: Sluice): RequestHandler => {
      return (req, res) => void sluice.stream(req, res, failing);
    };
    expect(await answerOf(ignoring)).toEqual([410, "Gone. 1"]);
  });

  it("rejects the promise instead if `throws` asks for it", async () => {
    const caught = (sluice: Sluice): RequestHandler => {
      return async (req, res) => {
        await sluice
          .stream(req, res, failing, { throws: "errors" })
          .catch((error) => res.status(409).send(error.message));
      };
    };
    expect(await answerOf(caught)).toEqual([409, "Gone."]);
    const passed = (sluice: Sluice): RequestHandler => {
      return (req, res) => sluice.stream(req, res, failing, { throws: "errors" });
    };
    expect(await answerOf(passed)).toEqual([410, "Gone. 1"]);
  });
});
