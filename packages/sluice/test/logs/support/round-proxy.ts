import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A round ends once the server has sent nothing for so long, in ms. */
const QUIET_MS = 60;

/**
 * A TCP proxy that can pass a server's answers on in rounds: once the server has nothing more to send. The bytes of a
 * round are then those that the client has in flight.
 */
export class RoundProxy implements AsyncDisposable {
  /** Bytes of the largest round. */
  mostBytes = 0;
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();
  readonly #held: { readonly client: Socket; readonly bytes: Buffer }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #refuses = false;
  #isMeasuring = false;

  private constructor(targetPort: number) {
    this.#listener = createServer((client) => {
      if (this.#refuses) return void client.resetAndDestroy();
      const server = connect(targetPort, "127.0.0.1");
      server.on("data", (bytes) => this.#hold(client, bytes));
      client.on("data", (bytes) => server.write(bytes));
      for (const [socket, other] of [
        [client, server],
        [server, client],
      ] as const) {
        this.#sockets.add(socket);
        socket.setNoDelay(true);
        socket.on("error", () => {});
        socket.on("close", () => {
          this.#sockets.delete(socket);
          other.destroy();
        });
      }
    });
  }

  /** Starts a proxy to a port of this machine. */
  static async start(targetPort: number): Promise<RoundProxy> {
    const proxy = new RoundProxy(targetPort);
    proxy.#listener.listen(0, "127.0.0.1");
    await once(proxy.#listener, "listening");
    return proxy;
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  /** Ends the connections and refuses new ones. */
  refuse(): void {
    this.#refuses = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Accepts connections, and begins to pass answers on in rounds. */
  measure(): void {
    this.#refuses = false;
    this.#isMeasuring = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.refuse();
    clearTimeout(this.#timer);
    this.#listener.close();
    await once(this.#listener, "close");
  }

  #hold(client: Socket, bytes: Buffer): void {
    if (!this.#isMeasuring) return void client.write(bytes);
    this.#held.push({ client, bytes });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#passOn(), QUIET_MS);
  }

  #passOn(): void {
    const held = this.#held.splice(0);
    const bytes = held.reduce((sum, { bytes }) => sum + bytes.length, 0);
    this.mostBytes = Math.max(this.mostBytes, bytes);
    for (const { client, bytes } of held) client.write(bytes);
  }
}
