import {
  type CloseReason,
  createSluice,
  type ErrorContext,
  type Sluice,
  type SluiceOptions,
  type Source,
  type StreamOptions,
} from "../../../src/index.ts";
import { until } from "../../support/until.ts";
import type { Arrival, Carrier, ClientRequest, RunningCarrier, TestClient } from "./carriers/carrier.ts";

/** A Sluice behind a transport. It answers every request with a stream of `source`. */
export class TransportSite implements AsyncDisposable {
  readonly sluice: Sluice;
  source: Source = (async function* () {})();
  options: StreamOptions = {};
  /** Requests that have reached the server, in that order. */
  readonly arrivals: Arrival[] = [];
  /** Close reasons of streams, in the order of their ends. */
  readonly reasons: CloseReason[] = [];
  readonly errors: { readonly error: unknown; readonly context: ErrorContext }[] = [];
  #running!: RunningCarrier;

  private constructor(options: SluiceOptions) {
    const onError = (error: unknown, context: ErrorContext) => void this.errors.push({ error, context });
    this.sluice = createSluice({ ...options, onError });
  }

  static async open(carrier: Carrier, options: SluiceOptions = {}): Promise<TransportSite> {
    const site = new TransportSite(options);
    site.#running = await carrier.start((open, arrival) => {
      site.arrivals.push(arrival);
      void open(site.sluice, site.source, site.options).then((reason) => site.reasons.push(reason));
    });
    return site;
  }

  /** Sends a request, and waits for nothing. */
  request(request?: ClientRequest): TestClient {
    return this.#running.request(request);
  }

  /** Sends a request, and waits for the head of the answer. */
  async get(request?: ClientRequest): Promise<TestClient> {
    const client = this.request(request);
    await until("the head has arrived", () => client.status > 0);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sluice.close();
    await this.#running[Symbol.asyncDispose]();
  }
}
