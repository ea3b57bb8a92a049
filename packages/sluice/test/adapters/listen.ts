import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestServer } from "./adapter-contract.ts";
import { type Client, fetchHttp1 } from "./fetch-http1.ts";

/** What the servers of `node:http` and `node:http2` have in common. */
interface AnyServer extends Pick<Server, "address"> {
  listen(port: number, host: string, done: () => void): unknown;
  close(done: () => void): unknown;
}

/** Makes a server listen on a free port. */
export async function serve(server: AnyServer, connect = fetchHttp1): Promise<TestServer> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return served(server, () => new Promise((resolve) => void server.close(() => resolve())), connect);
}

/** The same for a server that listens, with its framework's way of closing it. */
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
