import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { adapterContract, COOKIES, ORIGIN, type ServerSetup } from "./adapter-contract.ts";
import { fetchHttp2 } from "./fetch-http2.ts";
import { close, listen, overHttp1 } from "./listen.ts";

/** A handler for bare Node. */
function handler({ sluice, routes }: ServerSetup) {
  return async (req: IncomingMessage, res: ServerResponse) => {
    res.setHeader("access-control-allow-origin", ORIGIN).setHeader("set-cookie", COOKIES);
    const [name, id] = new URL(req.url ?? "", ORIGIN).pathname.split("/").slice(1) as [string, string];
    try {
      const { source, options } = (routes[name] as (typeof routes)[string])(id);
      await sluice.stream(req, res, source, options);
    } catch {
      res.writeHead(500).end();
    }
  };
}

adapterContract("node:http", (setup) => overHttp1(createServer(handler(setup))));

adapterContract("node:http2", async (setup) => {
  const server = createHttp2Server(handler(setup) as unknown as Parameters<typeof createHttp2Server>[1] & object);
  const { fetch, end } = fetchHttp2(await listen(server));
  return {
    fetch,
    close: () => {
      end();
      return close(server);
    },
  };
});
