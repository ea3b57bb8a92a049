import { type ClientHttp2Session, connect, constants } from "node:http2";
import { Readable } from "node:stream";
import type { Client } from "./fetch-http1.ts";

/** A `fetch` on one HTTP/2 connection without TLS. It connects again after the server has sent GOAWAY. */
export function fetchHttp2(origin: string): Client {
  let session = open(origin);
  return {
    leave: () => session.close(),
    fetch: (path, { method = "GET", headers = {}, signal } = {}) =>
      new Promise((resolve, reject) => {
        if (session.closed) session = open(origin);
        const stream = session.request({ ":path": path, ":method": method, ...headers });
        signal?.addEventListener("abort", () => stream.close(constants.NGHTTP2_CANCEL), { once: true });
        stream.on("error", reject).on("response", (received) => {
          const answer = new Headers();
          for (const [name, value = []] of Object.entries(received)) {
            if (!name.startsWith(":")) for (const one of [value].flat()) answer.append(name, one);
          }
          const status = received[":status"] as number;
          const body = status === 204 ? null : (Readable.toWeb(stream) as ReadableStream<Uint8Array>);
          if (body === null) stream.resume();
          resolve(new Response(body, { status, headers: answer }));
        });
      }),
  };
}

function open(origin: string): ClientHttp2Session {
  // The server may close the session before the client does. A request that fails rejects by its own stream.
  return connect(origin).on("error", () => undefined);
}
