/** `sluice/hono` on `Bun.serve`. */
import { Hono } from "hono";
import { sluiceHono } from "../../../dist/adapters/hono.js";
import { print, serve, sluice } from "./routes.mjs";

const app = new Hono().use(sluiceHono({ sluice }));
app.get("*", (c) =>
  serve(
    c.req.url,
    (source, options) => c.var.sse(source, options),
    (value) => c.json(value),
  ),
);
const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: app.fetch });
print({ port: server.port });
