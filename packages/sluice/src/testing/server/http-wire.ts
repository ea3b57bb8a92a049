import type { IncomingMessage, ServerResponse } from "node:http";
import type { ScriptedRequest, Wire } from "./wire.ts";

/** An exchange over a socket of `node:http`. */
export class HttpWire implements Wire {
  readonly request: ScriptedRequest;
  readonly closed: Promise<void>;
  isClosed = false;
  readonly #response: ServerResponse;

  constructor(request: ScriptedRequest, response: ServerResponse) {
    this.request = request;
    this.#response = response;
    // A client that resets the connection makes pending writes fail. `closed` reports it.
    response.on("error", () => undefined);
    this.closed = new Promise((resolve) =>
      response.on("close", () => {
        this.isClosed = true;
        resolve();
      }),
    );
  }

  writeHead(status: number, headers: Readonly<Record<string, string>>, isChunked: boolean): void {
    const response = this.#response;
    if (!isChunked) {
      response.useChunkedEncodingByDefault = false;
      response.shouldKeepAlive = false;
    }
    response.writeHead(status, headers);
    response.flushHeaders();
  }

  write(bytes: Uint8Array): Promise<void> {
    const written = new Promise<void>((resolve) => this.#response.write(bytes, () => resolve()));
    return Promise.race([written, this.closed]);
  }

  end(): void {
    this.#response.end();
  }

  halfClose(): void {
    this.#response.socket?.end();
  }

  cut(isReset: boolean): void {
    const { socket } = this.#response;
    if (isReset) socket?.resetAndDestroy();
    else socket?.destroy();
  }
}

/** Resolves to a request with its whole body. Rejects if the client leaves before. */
export async function readRequest(message: IncomingMessage): Promise<ScriptedRequest> {
  const decoder = new TextDecoder();
  let body = "";
  for await (const bytes of message) body += decoder.decode(bytes, { stream: true });
  const headers = Object.entries(message.headers).map(([name, value]) => [name, String(value)] as const);
  const { method = "GET", url: path = "/" } = message;
  return { method, path, headers: Object.fromEntries(headers), body: body + decoder.decode() };
}
