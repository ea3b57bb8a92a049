import { connect } from "node:http2";
import { connect as connectSocket } from "node:net";
import type { NodeResponse } from "../../../../src/index.ts";
import { ReceivedStream } from "../../../support/clients/received-stream.ts";
import { startServer } from "../../../support/test-server.ts";
import type { Carrier, ClientRequest, TestClient } from "./carrier.ts";
import { arrivalOf } from "./node-carriers.ts";

/** HTTP/2 on real sockets, with a connection for each stream. */
export const http2Carrier: Carrier = {
  name: "HTTP/2",
  ways: ["RST_STREAM", "FIN", "RST", "half-close"],
  framed: true,
  async start(answer) {
    const server = await startServer(
      (request, response) =>
        answer(
          (sluice, source, options) => sluice.stream(request, response as NodeResponse, source, options),
          arrivalOf(response),
        ),
      "http2",
    );
    const leaving: (() => void)[] = [];
    return {
      request(request = {}) {
        const { client, end } = requestOverHttp2(server.port, request);
        leaving.push(end);
        return client;
      },
      async [Symbol.asyncDispose]() {
        for (const end of leaving) end();
        await server[Symbol.asyncDispose]();
      },
    };
  },
};

function requestOverHttp2(
  port: number,
  { path = "/", method = "GET", headers = {}, paused = false, keep = false }: ClientRequest,
) {
  const socket = connectSocket({ port, host: "127.0.0.1", allowHalfOpen: true });
  const session = connect("http://localhost", { createConnection: () => socket });
  session.on("error", () => undefined);
  const request = session.request({ ":path": path, ":method": method, ...headers });
  const stream = new ReceivedStream({ keep });
  let status = 0;
  let answered: Record<string, string> = {};
  let ended = false;
  let over = false;
  request.on("error", () => undefined);
  request.on("response", ({ ":status": code, ...rest }) => {
    status = code ?? 0;
    answered = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, String(value)]));
  });
  request.on("data", (bytes: Buffer) => stream.push(bytes));
  request.on("end", () => {
    ended = true;
  });
  request.on("close", () => {
    over = true;
  });
  if (paused) request.pause();
  const client: TestClient = {
    get status() {
      return status;
    },
    get headers() {
      return answered;
    },
    stream,
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
  return { client, end: () => session.destroy() };
}
