import type { Republish, StreamInfo } from "@nats-io/jetstream";
import { SluiceError } from "../../../base/errors/sluice-error.ts";
import { apiCode, isDenied } from "../connection/nats-errors.ts";
import type { NatsLink } from "../connection/nats-link.ts";

/** Options of {@link Republishing}. */
export interface RepublishingOptions {
  readonly link: NatsLink;
  /** Receives a warning. */
  readonly onError: (error: unknown) => void;
}

/** Lets JetStream republish the messages of streams, so that processes can follow them without a consumer. */
export class Republishing {
  readonly #options: RepublishingOptions;
  #isReported = false;

  constructor(options: RepublishingOptions) {
    this.#options = options;
  }

  /**
   * Resolves to true if the stream republishes its messages as `wanted`. Changes a stream that an earlier version of
   * Sluice created, which needs nats-server 2.10. Resolves to false if the server refuses that.
   */
  async ensure({ config }: Pick<StreamInfo, "config">, wanted: Republish): Promise<boolean> {
    if (config.republish?.dest === wanted.dest) return true;
    try {
      await this.#options.link.session.jsm.streams.update(config.name, { republish: wanted });
      return true;
    } catch (error) {
      if (apiCode(error) === undefined && !isDenied(error)) throw error;
      this.refused(`does not republish the stream ${config.name}`, error as Error);
      return false;
    }
  }

  /** Reports, once for all channels, that this process follows with consumers. */
  refused(predicate: string, cause: Error): void {
    if (this.#isReported) return;
    this.#isReported = true;
    const { link, onError } = this.#options;
    const message =
      `${link.store} ${predicate}: ${cause.message}. This process follows with a consumer for each channel instead, ` +
      "which costs more. docs/logs.md lists what Sluice needs.";
    onError(new SluiceError("LOG_FAILED", message, { cause }));
  }
}
