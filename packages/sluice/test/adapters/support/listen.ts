import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestServer } from "./adapter-contract.ts";
import { type Client, fetchHttp1 } from "./fetch-http1.ts";

/** A server of `node:http` or `node:http2`. */
interface AnyServer extends Pick<Server, "address"> {
  listen(port: number, host: string, done: () => void): unknown;
  close(done: () => void): unknown;
}

/** Starts a server on a free port. */
export async function serve(server: AnyServer, connect = fetchHttp1): Promise<TestServer> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return served(server, () => new Promise((resolve) => void server.close(() => resolve())), connect);
}

/** Returns the test server for a server that listens already. `close` closes it in the way of its framework. */
export function served(
  server: Pick<Server, "address">,
  close: () => Promise<void>,
  connect: (origin: string) => Client = fetchHttp1,
): TestServer {
  const { fetch, leave } = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return {
    fetch,
    close: () => {
      leave();
      return close();
    },
  };
}
