import {
  type CloseReason,
  createSluice,
  type ErrorContext,
  type Sluice,
  type SluiceOptions,
  type Source,
  type StreamOptions,
} from "../../src/index.ts";
import { until } from "../support/until.ts";
import type { Asker, Carried, Carrier, Get } from "./carrier.ts";

/** A Sluice behind a transport: every request is answered by `source`. */
export class Stage implements AsyncDisposable {
  readonly sluice: Sluice;
  source: Source = (async function* () {})();
  options: StreamOptions = {};
  /** Why streams ended, in that order. */
  readonly reasons: CloseReason[] = [];
  readonly errors: { readonly error: unknown; readonly context: ErrorContext }[] = [];
  #carried!: Carried;

  private constructor(options: SluiceOptions) {
    const onError = (error: unknown, context: ErrorContext) => void this.errors.push({ error, context });
    this.sluice = createSluice({ ...options, onError });
  }

  static async set(carrier: Carrier, options: SluiceOptions = {}): Promise<Stage> {
    const stage = new Stage(options);
    stage.#carried = await carrier.start((open) => {
      void open(stage.sluice, stage.source, stage.options).then((reason) => stage.reasons.push(reason));
    });
    return stage;
  }

  /** Sends a request, and waits for nothing. */
  ask(request?: Get): Asker {
    return this.#carried.get(request);
  }

  /** Sends a request, and waits for the head of the answer. */
  async get(request?: Get): Promise<Asker> {
    const asker = this.ask(request);
    await until("the head has come", () => asker.status > 0);
    return asker;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sluice.close();
    await this.#carried[Symbol.asyncDispose]();
  }
}
