import { createGzip } from "node:zlib";
import type { RequestHandler } from "express";
import { type Client, fetchHttp1 } from "./fetch-http1.ts";

/**
 * A middleware that compresses every response. Like other compression middlewares, it replaces `write` and `end`, and
 * holds bytes back until `flush()` is called. Unlike them, it ignores `no-transform`.
 */
export const naiveCompression: RequestHandler = (_req, res, next) => {
  const gzip = createGzip();
  const { write, end, writeHead } = res;
  const isBodiless = () => res.statusCode === 204;
  const takeHead = (...args: unknown[]) => {
    res.statusCode = args[0] as number;
    if (!isBodiless()) {
      res.removeHeader("content-length");
      res.setHeader("content-encoding", "gzip");
    }
    return writeHead.apply(res, args as Parameters<typeof writeHead>);
  };
  gzip.on("data", (bytes) => write.call(res, bytes, "utf8", () => undefined));
  gzip.on("end", () => end.call(res, undefined, "utf8", () => undefined));
  Object.assign(res, {
    writeHead: takeHead,
    write: (bytes: Uint8Array, ...rest: unknown[]) => gzip.write(bytes, rest.at(-1) as () => void),
    end: (bytes?: Uint8Array | string) => {
      if (!res.headersSent) res.writeHead(res.statusCode);
      return isBodiless() ? end.call(res, undefined, "utf8", () => undefined) : gzip.end(bytes);
    },
    flush: () => gzip.flush(),
  });
  next();
};

/** A client that decompresses responses as their bytes arrive. */
export function fetchGzip(origin: string): Client {
  const client = fetchHttp1(origin);
  return {
    ...client,
    fetch: async (path, init) => {
      const response = await client.fetch(path, init);
      if (response.headers.get("content-encoding") !== "gzip") return response;
      return new Response(response.body?.pipeThrough(new DecompressionStream("gzip")) ?? null, response);
    },
  };
}
