import { connect } from "node:http2";
import { connect as connectSocket } from "node:net";
import type { NodeResponse } from "../../src/index.ts";
import { SeenStream } from "../support/seen-stream.ts";
import { startServer } from "../support/test-server.ts";
import type { Asker, Carrier, Get } from "./carrier.ts";

/** HTTP/2 on a real socket; a connection for each stream. */
export const http2Carrier: Carrier = {
  name: "HTTP/2",
  ways: ["RST_STREAM", "FIN", "RST", "half-close"],
  framed: true,
  async start(answer) {
    const server = await startServer(
      (request, response) =>
        answer((sluice, source, options) => sluice.stream(request, response as NodeResponse, source, options)),
      "http2",
    );
    const leaving: (() => void)[] = [];
    return {
      get(request = {}) {
        const { asker, end } = askHttp2(server.port, request);
        leaving.push(end);
        return asker;
      },
      async [Symbol.asyncDispose]() {
        for (const end of leaving) end();
        await server[Symbol.asyncDispose]();
      },
    };
  },
};

function askHttp2(port: number, { path = "/", method = "GET", headers = {}, paused = false, keep = false }: Get) {
  const socket = connectSocket({ port, host: "127.0.0.1", allowHalfOpen: true });
  const session = connect("http://localhost", { createConnection: () => socket });
  session.on("error", () => undefined);
  const request = session.request({ ":path": path, ":method": method, ...headers });
  const seen = new SeenStream({ keep });
  let status = 0;
  let answered: Record<string, string> = {};
  let ended = false;
  let over = false;
  request.on("error", () => undefined);
  request.on("response", ({ ":status": code, ...rest }) => {
    status = code ?? 0;
    answered = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, String(value)]));
  });
  request.on("data", (bytes: Buffer) => seen.push(bytes));
  request.on("end", () => {
    ended = true;
  });
  request.on("close", () => {
    over = true;
  });
  if (paused) request.pause();
  const asker: Asker = {
    get status() {
      return status;
    },
    get headers() {
      return answered;
    },
    stream: seen,
    get complete() {
      return ended && request.rstCode === 0;
    },
    get over() {
      return over;
    },
    pause: () => request.pause(),
    resume: () => request.resume(),
    leave(way) {
      if (way === "RST_STREAM") request.close(8);
      else if (way === "FIN") socket.destroy();
      else if (way === "RST") socket.resetAndDestroy();
      else socket.end();
    },
  };
  return { asker, end: () => session.destroy() };
}
