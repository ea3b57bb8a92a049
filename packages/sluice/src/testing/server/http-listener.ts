import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { invalidOption } from "../../base/checks/check-option.ts";
import { HttpWire, readRequest } from "./http-wire.ts";
import type { Wire } from "./wire.ts";

/** A port of 127.0.0.1 that can be closed and opened again. */
export class HttpListener {
  readonly #server: Server;
  #port = 0;

  constructor(onWire: (wire: Wire) => void) {
    this.#server = httpModule().createServer((message, response) => {
      // A client that leaves in the middle of its request has no connection to script.
      readRequest(message).then(
        (request) => onWire(new HttpWire(request, response)),
        () => response.destroy(),
      );
    });
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Listens on a free port, and later on the same port again. */
  async start(): Promise<void> {
    if (this.#server.listening) return;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#port, "127.0.0.1", () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Closes the port and cuts all connections. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }
}

/** Returns `node:http`, which Node, Bun and Deno have. Other runtimes can load the entry. */
function httpModule(): typeof import("node:http") {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  const http = process?.getBuiltinModule?.("node:http");
  if (http === undefined) throw invalidOption("sockets", "false on a runtime without node:http", true);
  return http as typeof import("node:http");
}
