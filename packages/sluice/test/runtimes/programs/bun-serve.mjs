/** `sluice.response` on `Bun.serve`. */
import { say, serve, sluice } from "./desk.mjs";

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: (request) => serve(request.url, (source, options) => sluice.response(request, source, options), Response.json),
});
say({ port: server.port });
