/** `sluice.response` on `Deno.serve`. */
import { say, serve, sluice } from "./desk.mjs";

Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: ({ port }) => say({ port }) }, (request) =>
  serve(
    request.url,
    (source, options) => sluice.response(request, source, options),
    (value) => Response.json(value),
  ),
);
