import type { StreamInfo } from "@nats-io/jetstream";
import { SluiceError } from "../../../base/errors/sluice-error.ts";
import { sleep } from "../../../base/time/timers.ts";
import { apiCode, INSUFFICIENT_RESOURCES, NO_SUITABLE_PEERS, NOT_CLUSTERED } from "../connection/nats-errors.ts";
import type { NatsLink } from "../connection/nats-link.ts";

/** Replicas of a new stream if the user gives no number and the cluster has room for them. */
const DEFAULT_REPLICAS = 3;
/** Attempts to place the default number, and the pause between two: servers of a starting cluster find each other. */
const MAX_ATTEMPTS = 4;
const PAUSE_MS = 250;

/** Options of {@link Replicas}. */
export interface ReplicasOptions {
  readonly link: NatsLink;
  /** The number that the user gives, for all streams. */
  readonly given: number | undefined;
  /** Receives warnings. */
  readonly onError: (error: unknown) => void;
}

/**
 * The number of servers that keep each stream of a log. JetStream alone knows how many servers a stream can have: its
 * meta leader counts the servers with JetStream, also behind gateways and leaf nodes.
 */
export class Replicas {
  readonly #options: ReplicasOptions;
  /** Identity of the connection over which JetStream refused the default number. */
  #singleOver: string | undefined;
  #isWarned = false;

  constructor(options: ReplicasOptions) {
    this.#options = options;
  }

  /** Creates a stream by `add`: with the given number of replicas, else with the default number, else with one. */
  async create(add: (replicas: number) => Promise<unknown>): Promise<void> {
    const { link, given } = this.#options;
    if (given !== undefined) return void (await add(given));
    const isSingle = () => link.isAlone || (this.#singleOver !== undefined && link.identity === this.#singleOver);
    for (let attempt = 1; !isSingle(); attempt++) {
      try {
        return void (await add(DEFAULT_REPLICAS));
      } catch (error) {
        const code = apiCode(error);
        if (code !== NOT_CLUSTERED && code !== NO_SUITABLE_PEERS && code !== INSUFFICIENT_RESOURCES) throw error;
        if (code === NOT_CLUSTERED || attempt === MAX_ATTEMPTS) this.#singleOver = link.identity;
        else await sleep(PAUSE_MS);
      }
    }
    await add(1);
  }

  /**
   * Gives an existing stream the number of replicas that the user gives, in the background: JetStream elects a new
   * leader. A refusal is reported: the stream works as it is. Warns, once for all streams, of a stream that only one
   * server of a cluster keeps.
   */
  check({ config, cluster }: StreamInfo): void {
    const { given } = this.#options;
    const { name, num_replicas } = config;
    if (given !== undefined && given !== num_replicas) this.#apply(name, num_replicas, given, !cluster?.name);
    else if (cluster?.name && num_replicas === 1) this.#warn(name);
  }

  #apply(name: string, current: number, given: number, isAlone: boolean): void {
    const { link, onError } = this.#options;
    const refused = (reason: string, cause?: unknown) => {
      const message = `${link.store} keeps the stream ${name} with ${current} instead of ${given} replicas: ${reason}.`;
      onError(new SluiceError("LOG_FAILED", message, { cause }));
    };
    // nats-server 2.9 accepts any number here, and ignores it.
    if (isAlone) return refused("it is not a cluster");
    link.session.jsm.streams.update(name, { num_replicas: given }).catch((cause: Error) => {
      if (apiCode(cause) !== undefined) refused(cause.message, cause);
    });
  }

  #warn(name: string): void {
    if (this.#isWarned) return;
    this.#isWarned = true;
    const { link, onError } = this.#options;
    const message =
      `${link.store} is a cluster, but only one of its servers keeps the stream ${name}. If that server stops, ` +
      "its channel stands still, and events may be lost. Give natsLog({ replicas: 3 }) and three servers JetStream.";
    onError(new SluiceError("LOG_FAILED", message));
  }
}
