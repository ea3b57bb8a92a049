import { Agent, request } from "node:http";
import { Readable } from "node:stream";
import type { TestServer } from "./adapter-contract.ts";

/** Requests to one server. */
export interface Client extends Pick<TestServer, "fetch"> {
  /** Sends no more requests; those under way go on. */
  leave(): void;
}

/**
 * `fetch` on connections of its own, kept alive. Node's opens a connection to spare whenever a response is cancelled,
 * for which a server that closes would wait.
 */
export function fetchHttp1(origin: string): Client {
  const agent = new Agent({ keepAlive: true });
  return {
    // The server closes connections that are idle.
    leave: () => undefined,
    fetch: (path, { headers = {}, signal } = {}) =>
      new Promise((resolve, reject) => {
        const sent = request(origin + path, { agent, headers, ...(signal && { signal }) }, (message) => {
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
