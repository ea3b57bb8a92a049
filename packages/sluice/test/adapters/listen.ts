import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestServer } from "./adapter-contract.ts";

/** Makes a server listen on a free port, and resolves to its address. */
export async function listen(server: Pick<Server, "listen" | "address">): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return originOf(server);
}

export function originOf(server: Pick<Server, "address">): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Closes a server and resolves when all its connections are gone. */
export async function close(server: Pick<Server, "close">): Promise<void> {
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

/** A server that listens, as the contract wants it. */
export async function overHttp1(server: Server): Promise<TestServer> {
  const origin = await listen(server);
  return { fetch: (path, init) => fetch(origin + path, init ?? {}), close: () => close(server) };
}
