import { readFileSync } from "node:fs";
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from "node:http";
import {
  createServer as createHttp2,
  createSecureServer as createHttp2s,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from "node:http2";
import { createServer as createHttps } from "node:https";
import type { AddressInfo, Server, Socket } from "node:net";

export type AnyRequest = IncomingMessage | Http2ServerRequest;
export type AnyResponse = ServerResponse | Http2ServerResponse;
export type Handler = (request: AnyRequest, response: AnyResponse) => void;

/** A self-signed certificate for localhost and its key, for tests only. Made by `openssl req -x509 -newkey ec`. */
const PEM: string = readFileSync(new URL("localhost.pem", import.meta.url), "utf8");

/** A server on a free port of the loopback interface. */
export interface TestServer extends AsyncDisposable {
  readonly port: number;
  /** Its open connections. */
  readonly sockets: ReadonlySet<Socket>;
  readonly server: Server;
}

/** A kind of server. `http2s` is HTTP/2 over TLS with HTTP/1.1 as its fallback. */
export type ServerKind = "http" | "https" | "http2" | "http2s";

const MAKERS: Record<ServerKind, (handler: Handler) => Server> = {
  http: (handler) => createHttp(handler),
  https: (handler) => createHttps({ key: PEM, cert: PEM }, handler),
  http2: (handler) => createHttp2(handler),
  http2s: (handler) =>
    createHttp2s({ key: PEM, cert: PEM, allowHTTP1: true, settings: { maxConcurrentStreams: 1_000 } }, handler),
};

export async function startServer(handler: Handler, kind: ServerKind = "http", port = 0): Promise<TestServer> {
  const server = MAKERS[kind](handler);
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    server,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
