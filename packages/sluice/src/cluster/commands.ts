import { SluiceError } from "../base/errors/sluice-error.ts";
import { afterTurn } from "../base/time/timers.ts";
import type { Channel } from "../channel/channel.ts";
import type { GapReason } from "../channel/event/gap.ts";
import type { KeptEvent } from "../channel/event/kept-event.ts";
import { Projection } from "../channel/follow/projection.ts";
import type { ConnectionSelector } from "../stream/connection-selector.ts";
import type { ClusterCommands, DisconnectCommand } from "./cluster-events.ts";

/** Setup of {@link Commands}. */
export interface CommandsSetup {
  readonly channel: Channel<ClusterCommands>;
  /** This node. */
  readonly node: string;
  /** Returns the latest time at which a command can have been given, on the clock of `performance.now()`. */
  givenBy(command: DisconnectCommand): number;
  /** Returns true if this node knows the clock of another node. */
  knows(node: string): boolean;
  /** Ends the selected streams of this process that were opened until then. */
  disconnect(selector: ConnectionSelector, openedUntil: number): void;
  report(error: unknown): void;
}

/** Commands that a node keeps, to repeat them if the log loses them. */
const MAX_OWN = 1_000;
/** Executed commands that a node keeps until it knows the clock of the node that gave them. */
const MAX_UNCERTAIN = 1_000;
/** Time for which commands are executed at once. A node that was away may receive thousands. */
const SLICE_MS = 10;

/** The commands that nodes give each other: requests to end streams. */
export class Commands {
  readonly #setup: CommandsSetup;
  readonly #projection: Projection;
  /** Commands of this node, newest last. */
  readonly #own: DisconnectCommand[] = [];
  /** Executed commands of nodes whose clocks this node does not know, newest last. */
  #uncertain: DisconnectCommand[] = [];
  /** True if the log lost entries, perhaps commands that other nodes had not received. */
  #mustRepeat = false;
  readonly #waiting: { readonly selector: ConnectionSelector; readonly openedUntil: number }[] = [];
  #isExecuting = false;

  constructor(setup: CommandsSetup) {
    this.#setup = setup;
    const state = {
      apply: (event: KeptEvent) => this.#apply(event),
      restart: (reason: GapReason) => this.#missed(reason),
    };
    const channel = setup.channel as unknown as Channel;
    // From the start: this process may have streams that are older than its connection to the log.
    this.#projection = new Projection({ channel, state, from: "start", onError: setup.report });
  }

  /** Gives a command to all other nodes. Resolves when the log has it. */
  async give(command: DisconnectCommand): Promise<void> {
    await this.#setup.channel.publish("disconnect", command);
    this.#own.push(command);
    if (this.#own.length > MAX_OWN) this.#own.shift();
  }

  /** Gives the commands of this node again if the log may have lost them. Rejects if the log fails. */
  async repeatLost(): Promise<void> {
    if (!this.#mustRepeat) return;
    this.#mustRepeat = false;
    try {
      await Promise.all(this.#own.map((command) => this.#setup.channel.publish("disconnect", command)));
    } catch (error) {
      this.#mustRepeat = true;
      throw error;
    }
  }

  /** Executes the commands of a node again, because its clock is known now: streams may be older than they seemed. */
  repeatOf(node: string): void {
    const repeated = this.#uncertain.filter((command) => command.node === node);
    this.#uncertain = this.#uncertain.filter((command) => command.node !== node);
    for (const command of repeated) this.#execute(command.selector, this.#setup.givenBy(command));
  }

  async close(): Promise<void> {
    this.#projection.stop();
    await this.#setup.channel.shutDown();
  }

  #apply({ entry }: KeptEvent): void {
    const command = JSON.parse(entry.data) as DisconnectCommand;
    if (command.node === this.#setup.node) return;
    this.#execute(command.selector, this.#setup.givenBy(command));
    if (this.#setup.knows(command.node)) return;
    this.#uncertain.push(command);
    if (this.#uncertain.length > MAX_UNCERTAIN) this.#uncertain.shift();
  }

  /** Commands are gone that this node has not received. */
  #missed(reason: GapReason): void {
    if (reason !== "trimmed") {
      this.#mustRepeat = true;
      return;
    }
    // Any stream may have been meant, and a stream that ends by mistake reconnects.
    this.#execute(() => true, performance.now());
    const message = "The log trimmed requests to end streams before this node received them. All its streams ended.";
    this.#setup.report(new SluiceError("LOG_FAILED", message));
  }

  #execute(selector: ConnectionSelector, openedUntil: number): void {
    this.#waiting.push({ selector, openedUntil });
    if (!this.#isExecuting) void this.#executeAll();
  }

  async #executeAll(): Promise<void> {
    this.#isExecuting = true;
    // Commands that arrive together share a slice.
    await undefined;
    let sliceEnd = performance.now() + SLICE_MS;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#tryDisconnect(next.selector, next.openedUntil);
      if (performance.now() < sliceEnd) continue;
      await new Promise<void>(afterTurn);
      sliceEnd = performance.now() + SLICE_MS;
    }
    this.#isExecuting = false;
  }

  #tryDisconnect(selector: ConnectionSelector, openedUntil: number): void {
    try {
      this.#setup.disconnect(selector, openedUntil);
    } catch (error) {
      // A node of another version may send a selector that this one does not know.
      this.#setup.report(error);
    }
  }
}
