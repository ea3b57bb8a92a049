/** `sluice.stream` on `node:http2`, on any runtime that has it. */
import { createServer } from "node:http2";
import { print, serve, sluice } from "./routes.mjs";

const server = createServer((req, res) =>
  serve(
    req.url,
    (source, options) => sluice.stream(req, res, source, options),
    (value) => {
      res.writeHead(200, { "content-type": "application/json" });
      res.end(JSON.stringify(value));
    },
  ),
);
server.listen(0, "127.0.0.1", () => print({ port: server.address().port }));
