import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { adapterContract, COOKIES, ORIGIN, type Route, type ServerSetup } from "./support/adapter-contract.ts";
import { fetchHttp2 } from "./support/fetch-http2.ts";
import { serve } from "./support/listen.ts";

function handler({ sluice, routes }: ServerSetup) {
  return async (req: IncomingMessage, res: ServerResponse) => {
    res.setHeader("access-control-allow-origin", ORIGIN);
    res.setHeader("set-cookie", COOKIES);
    const [, name = "", id = ""] = new URL(req.url ?? "", ORIGIN).pathname.split("/");
    const { source, options } = (routes[name] as Route)(id);
    await sluice.stream(req, res, source, options).catch(() => res.writeHead(500).end());
  };
}

adapterContract("node:http", (setup) => serve(createServer(handler(setup))), { isBare: true, setsLate: false });

adapterContract(
  "node:http2",
  (setup) => {
    const server = createHttp2Server();
    server.on("request", handler(setup) as never);
    return serve(server, fetchHttp2);
  },
  { isBare: true, setsLate: false },
);
