import { once } from "node:events";
import { Agent, createServer, get, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { cutUnusedOnClose } from "../../../../src/transports/node/connections/server-connections.ts";

/** More than one step of the cut, in ms. */
const A_FEW_STEPS_MS = 200;

/** Starts a server that answers `/slow` never, and other requests at once. */
async function listen() {
  const server = createServer((request, response) => void (request.url === "/slow" || response.end("{}")));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const connectSilent = async () => {
    const accepted = once(server, "connection");
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    onTestFinished(() => void socket.destroy());
    await accepted;
    return socket;
  };
  return { server, port, connectSilent };
}

it("cuts connections that have sent nothing once the owner closes the server, and not before", async () => {
  const { server, connectSilent } = await listen();
  const first = await connectSilent();
  cutUnusedOnClose(server);
  await wait(A_FEW_STEPS_MS);
  expect(first.closed).toBe(false);
  const second = await connectSilent();
  const cut = Promise.all([first, second].map((socket) => once(socket, "close")));
  const closed = once(server, "close");
  server.close();
  await Promise.all([cut, closed]);
});

it("leaves a request in flight alone", async () => {
  const { server, port } = await listen();
  const agent = new Agent({ keepAlive: true });
  const slow = get({ port, host: "127.0.0.1", path: "/slow", agent });
  slow.on("error", () => undefined);
  onTestFinished(() => void slow.destroy());
  const [, response] = (await once(server, "request")) as [IncomingMessage, ServerResponse];
  cutUnusedOnClose(server);
  server.close();
  await wait(A_FEW_STEPS_MS);
  response.end("late");
  const [answer] = (await once(slow, "response")) as [IncomingMessage];
  expect(answer.statusCode).toBe(200);
});

it("does nothing without a server that listens", () => {
  expect(() => cutUnusedOnClose(undefined)).not.toThrow();
  const server = createServer();
  cutUnusedOnClose(server);
  expect(server.listenerCount("close")).toBe(0);
});
