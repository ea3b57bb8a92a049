import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect as connectHttp2, createServer as createHttp2, type Http2ServerResponse } from "node:http2";
import { createServer as createHttps } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { type CloseReason, createSluice } from "../../../src/index.ts";
import { valuesThenSilence } from "../../support/sources.ts";

const pem = readFileSync(fileURLToPath(new URL("../../support/localhost.pem", import.meta.url)));
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanups.splice(0)) cleanUp();
});

type Answer = { req: IncomingMessage; res: ServerResponse; reason: Promise<CloseReason> };

/** Answers the next request of a server with a stream. Resolves when its head has left. */
function streamOn(server: Pick<Server, "once">): Promise<Answer> {
  const sluice = createSluice();
  cleanups.push(() => void sluice.close());
  return new Promise((resolve) => {
    server.once("request", (req, res) => {
      const reason = sluice.stream(req, res, valuesThenSilence("first"));
      resolve({ req, res, reason });
    });
  });
}

async function listen(server: Pick<Server, "listen" | "address" | "close">): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const HTTP1: [string, () => Server, (port: number) => Socket][] = [
  ["HTTP/1.1", () => createHttp(), (port) => connect(port, "127.0.0.1")],
  [
    "HTTPS",
    () => createHttps({ key: pem, cert: pem }) as Server,
    (port) => connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false }),
  ],
];

describe.each(HTTP1)("a stream on %s", (_, make, dial) => {
  async function open() {
    const server = make();
    const socket = dial(await listen(server));
    cleanups.push(() => void socket.destroy());
    const answer = streamOn(server);
    socket.on("error", () => undefined).write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    await once(socket, "data");
    return { ...(await answer), server, socket };
  }

  it.each<[string, (answer: Answer & { server: Server }) => unknown]>([
    ["res.end()", ({ res }) => res.end()],
    ["res.destroy()", ({ res }) => res.destroy()],
    ["res.destroy(error)", ({ res }) => res.destroy(new Error("own"))],
    ["req.destroy()", ({ req }) => req.destroy()],
    ["socket.destroy()", ({ req }) => req.socket.destroy()],
    ["server.closeAllConnections()", ({ server }) => server.closeAllConnections()],
  ])("that the server's own code ends by %s is disconnected", async (_name, end) => {
    const answer = await open();
    end(answer);
    expect(await answer.reason).toBe("disconnected");
  });

  it.each<[string, (socket: Socket) => unknown]>([
    ["ends its connection", (socket) => socket.end()],
    ["cuts its connection", (socket) => socket.destroy()],
  ])("whose client %s is ended by the client", async (_name, leave) => {
    const { socket, reason } = await open();
    leave(socket);
    expect(await reason).toBe("client");
  });
});

it("a stream on HTTP/1.1 whose client resets its connection is ended by the client", async () => {
  const server = createHttp();
  const socket = connect(await listen(server), "127.0.0.1");
  const answer = streamOn(server);
  socket.on("error", () => undefined).write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  await once(socket, "data");
  const { reason } = await answer;
  socket.resetAndDestroy();
  expect(await reason).toBe("client");
});

describe("a stream on HTTP/2", () => {
  async function open() {
    const server = createHttp2();
    const session = connectHttp2(`http://127.0.0.1:${await listen(server as never)}`);
    cleanups.push(() => session.destroy());
    const answer = streamOn(server as never);
    const stream = session.on("error", () => undefined).request({ ":path": "/" });
    stream.on("error", () => undefined);
    await once(stream, "data");
    const { res, reason } = await answer;
    return { res: res as unknown as Http2ServerResponse, reason, session, stream };
  }

  it.each<[string, (response: Http2ServerResponse) => unknown]>([
    ["res.end()", (res) => res.end()],
    ["stream.destroy()", ({ stream }) => stream.destroy()],
    ["session.destroy()", ({ stream }) => stream.session?.destroy()],
  ])("that the server's own code ends by %s is disconnected", async (_name, end) => {
    const { res, reason } = await open();
    end(res);
    expect(await reason).toBe("disconnected");
  });

  it("whose client resets it, or closes its session, is ended by the client", async () => {
    const first = await open();
    first.stream.close(8);
    expect(await first.reason).toBe("client");
    const second = await open();
    second.session.destroy();
    expect(await second.reason).toBe("client");
  });
});

it("a request that the server's own code cuts before its stream begins is disconnected", async () => {
  const server = createHttp();
  const socket = connect(await listen(server), "127.0.0.1");
  const sluice = createSluice();
  const reason = new Promise((resolve) => {
    server.once("request", (req, res) => {
      const cut = async () => {
        res.destroy();
        await new Promise((done) => setTimeout(done, 20));
        return null;
      };
      resolve(sluice.stream(req, res, cut));
    });
  });
  socket.on("error", () => undefined).write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  expect(await reason).toBe("disconnected");
  await sluice.close();
});
