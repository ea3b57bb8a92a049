import type { AddressInfo } from "node:net";
import {
  type CloseReason,
  createSluice,
  type ErrorContext,
  type NodeResponse,
  type Sluice,
  type SluiceOptions,
  type Source,
  type StreamOptions,
} from "../../src/index.ts";
import { RawClient, type RawRequest } from "./raw-client.ts";
import { type AnyRequest, type AnyResponse, startServer, type TestServer } from "./test-server.ts";

/** A server on HTTP/1.1 whose every request is answered by a Sluice, and those who ask it. */
export class Site implements AsyncDisposable {
  readonly sluice: Sluice;
  source: Source = (async function* () {})();
  options: StreamOptions = {};
  /** What answers a request; by default a stream of `source`. */
  answer: (request: AnyRequest, response: AnyResponse) => void = (request, response) => {
    void this.stream(request, response);
  };
  /** Why streams ended, in that order. */
  readonly reasons: CloseReason[] = [];
  readonly errors: { readonly error: unknown; readonly context: ErrorContext }[] = [];
  #server!: TestServer;
  readonly #clients = new Set<RawClient>();

  private constructor(options: SluiceOptions) {
    const onError = (error: unknown, context: ErrorContext) => void this.errors.push({ error, context });
    this.sluice = createSluice({ ...options, onError });
  }

  static async open(options: SluiceOptions = {}, kind: "http" | "https" = "http"): Promise<Site> {
    const site = new Site(options);
    site.#server = await startServer((request, response) => site.answer(request, response), kind);
    return site;
  }

  get port(): number {
    return (this.#server.server.address() as AddressInfo).port;
  }

  /** The server's ends of the connections. */
  get sockets(): TestServer["sockets"] {
    return this.#server.sockets;
  }

  async stream(request: AnyRequest, response: AnyResponse, options: StreamOptions = this.options): Promise<void> {
    this.reasons.push(await this.sluice.stream(request, response as NodeResponse, this.source, options));
  }

  /** Sends a request on a connection of its own, and waits for nothing. */
  ask(request: RawRequest = {}): RawClient {
    const client = new RawClient(this.port, request).send(request);
    this.#clients.add(client);
    return client;
  }

  /** Sends a request, and waits for the head of the answer. */
  async get(request: RawRequest = {}): Promise<RawClient> {
    const client = this.ask(request);
    await client.when(() => client.hasHead);
    return client;
  }

  /** Lets go of a client that is of no further use. */
  forget(client: RawClient): void {
    this.#clients.delete(client);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.sluice.close();
    await this.#server[Symbol.asyncDispose]();
  }
}
