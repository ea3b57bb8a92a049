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
import { RawClient, type RawRequest } from "./clients/raw-client.ts";
import { type AnyRequest, type AnyResponse, startServer, type TestServer } from "./test-server.ts";

/** A server on HTTP/1.1 that answers every request with a stream, and its clients. */
export class Site implements AsyncDisposable {
  readonly sluice: Sluice;
  source: Source = (async function* () {})();
  options: StreamOptions = {};
  /** Answers a request. Default: with a stream of `source`. */
  answer: (request: AnyRequest, response: AnyResponse) => void = (request, response) => {
    void this.stream(request, response);
  };
  /** Close reasons of streams, in the order of their ends. */
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

  /** The server's sockets. */
  get sockets(): TestServer["sockets"] {
    return this.#server.sockets;
  }

  async stream(request: AnyRequest, response: AnyResponse, options: StreamOptions = this.options): Promise<void> {
    this.reasons.push(await this.sluice.stream(request, response as NodeResponse, this.source, options));
  }

  /** Sends a request on a new connection, and waits for nothing. */
  request(request: RawRequest = {}): RawClient {
    const client = new RawClient(this.port, request).send(request);
    this.#clients.add(client);
    return client;
  }

  /** Sends a request, and waits for the head of the answer. */
  async get(request: RawRequest = {}): Promise<RawClient> {
    const client = this.request(request);
    await client.when(() => client.hasHead);
    return client;
  }

  /** Forgets a client, so that a test of memory does not keep it. */
  forget(client: RawClient): void {
    this.#clients.delete(client);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.sluice.close();
    await this.#server[Symbol.asyncDispose]();
  }
}
