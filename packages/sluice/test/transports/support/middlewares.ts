import type { ServerResponse } from "node:http";
import { PassThrough, type Transform } from "node:stream";
import { createGzip } from "node:zlib";
import type { Middleware } from "./carriers/node-carriers.ts";

/** Passes writes through and drops callbacks, as `compression` does with a response that it does not compress. */
export const passingThrough: Middleware = (response) => {
  const plain = response as ServerResponse;
  const write = plain.write;
  plain.write = ((bytes: Uint8Array) => write.call(plain, bytes, "utf8")) as typeof plain.write;
};

/**
 * Sends writes through a stream with a buffer of its own, as `compression` does: it drops callbacks, and "drain" comes
 * from that stream.
 */
export const buffering: Middleware = (response) => sendThrough(response as ServerResponse, new PassThrough());

/** Compresses writes, and otherwise does the same. */
export const compressing: Middleware = (response) => {
  const plain = response as ServerResponse & { flush?: () => void };
  const gzip = createGzip();
  plain.setHeader("content-encoding", "gzip");
  plain.flush = () => gzip.flush();
  sendThrough(plain, gzip);
};

function sendThrough(response: ServerResponse, stream: Transform): void {
  const { write, end, on } = response;
  stream.on("data", (bytes) => {
    if (write.call(response, bytes, "utf8") === false) stream.pause();
  });
  stream.on("end", () => end.call(response, undefined, "utf8"));
  on.call(response, "drain", () => void stream.resume());
  response.write = ((bytes: Uint8Array) => stream.write(bytes)) as typeof response.write;
  response.end = ((bytes?: Uint8Array) => {
    stream.end(bytes);
    return response;
  }) as typeof response.end;
  response.on = ((event: string, listener: () => void) =>
    event === "drain" ? stream.on(event, listener) : on.call(response, event, listener)) as typeof response.on;
}
