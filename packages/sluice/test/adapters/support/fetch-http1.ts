import { Agent, request } from "node:http";
import { Readable } from "node:stream";
import type { TestServer } from "./adapter-contract.ts";

/** A client of one server. */
export interface Client extends Pick<TestServer, "fetch"> {
  /** Sends no further requests. Requests in flight continue. */
  leave(): void;
}

/**
 * A `fetch` with its own keep-alive connections. If a response is cancelled, Node's `fetch` opens a spare connection,
 * for which a closing server would wait.
 */
export function fetchHttp1(origin: string): Client {
  const agent = new Agent({ keepAlive: true });
  return {
    // The server closes idle connections.
    leave: () => undefined,
    fetch: (path, { method = "GET", headers = {}, signal } = {}) =>
      new Promise((resolve, reject) => {
        const sent = request(origin + path, { agent, method, headers, ...(signal && { signal }) }, (message) => {
          const answer = new Headers();
          for (const [name, values = []] of Object.entries(message.headersDistinct))
            for (const value of values) answer.append(name, value);
          const status = message.statusCode as number;
          if (status === 204) message.resume();
          const body = status === 204 ? null : (Readable.toWeb(message) as ReadableStream<Uint8Array>);
          resolve(new Response(body, { status, headers: answer }));
        });
        sent.on("error", reject).end();
      }),
  };
}
