/** `sluice.response` on `Deno.serve`. */
import { print, serve, sluice } from "./routes.mjs";

Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: ({ port }) => print({ port }) }, (request) =>
  serve(
    request.url,
    (source, options) => sluice.response(request, source, options),
    (value) => Response.json(value),
  ),
);
