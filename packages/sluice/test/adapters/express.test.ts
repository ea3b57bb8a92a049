import { createServer, type Server } from "node:http";
import express, { type RequestHandler } from "express";
import { adapterContract, COOKIES, ORIGIN, type Route, type ServerSetup } from "./support/adapter-contract.ts";
import { serve } from "./support/listen.ts";
import { fetchGzip, naiveCompression } from "./support/naive-compression.ts";

function application({ sluice, routes }: ServerSetup, ...middlewares: RequestHandler[]): Server {
  const app = express();
  for (const middleware of middlewares) app.use(middleware);
  app.set("env", "test");
  app.use((_req, res, next) => {
    res.set("access-control-allow-origin", ORIGIN).append("set-cookie", [...COOKIES]);
    next();
  });
  app.get("/:name/:id", async (req, res) => {
    const { source, options } = (routes[req.params.name] as Route)(req.params.id);
    await sluice.stream(req, res, source, options);
  });
  return createServer(app);
}

adapterContract("Express 5", (setup) => serve(application(setup)));

adapterContract("Express 5 behind a compression middleware", (setup) =>
  serve(application(setup, naiveCompression), fetchGzip),
);
