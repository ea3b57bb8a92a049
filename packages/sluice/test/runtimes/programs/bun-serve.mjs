/** `sluice.response` on `Bun.serve`. */
import { print, serve, sluice } from "./routes.mjs";

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: (request) => serve(request.url, (source, options) => sluice.response(request, source, options), Response.json),
});
print({ port: server.port });
