/** `sluice.stream` on `node:http`, wherever there is one. */
import { createServer } from "node:http";
import { say, serve, sluice } from "./desk.mjs";

const server = createServer((req, res) =>
  serve(
    req.url,
    (source, options) => sluice.stream(req, res, source, options),
    (value) => res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value)),
  ),
);
server.listen(0, "127.0.0.1", () => say({ port: server.address().port }));
