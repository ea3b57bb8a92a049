import cluster, { type Worker } from "node:cluster";
import { randomBytes } from "node:crypto";
import { Questions } from "./questions.ts";
import type { FromWorker, ToWorker, WorkerTask } from "./worker-messages.ts";

/** What all workers of a desk are told alike. */
export type CrewTask = Omit<WorkerTask, "name" | "setsGenerator">;

/** How a crew is set up. */
export interface CrewOptions {
  readonly workers: number;
  readonly task: CrewTask;
  /** A line for whoever started the desk. */
  readonly say: (line: string) => void;
  /** The desk cannot go on; the workers that are left have been ended. */
  readonly onGiveUp: (message: string) => void;
}

/** A worker that ends sooner than this after its start has not really started. */
const SOON_MS = 5_000;
/** Workers in one place that may end so soon, one after the other, before the desk gives up. */
const MOST_SOON = 5;
/** The wait before the next one is started; it doubles with each that ended soon. */
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;

/** One place in the crew: a worker, and when that ends the next one. */
interface Place {
  readonly number: number;
  worker: Worker | undefined;
  startedAt: number;
  /** How many in a row ended soon. */
  soon: number;
  /** Why the worker could not start, if it said so. */
  failed: { readonly message: string; readonly log: boolean } | undefined;
  timer: NodeJS.Timeout | undefined;
}

/** The processes behind one port: starts them, starts another where one dies, passes on their questions, and ends them. */
export class Crew {
  readonly #options: CrewOptions;
  readonly #places: Place[];
  readonly #questions = new Questions();
  readonly #listening = new Set<number>();
  #onAllListening: () => void = () => undefined;
  #onFirstListening: () => void = () => undefined;
  #onAllEnded: () => void = () => undefined;
  #isUp = false;
  #isStopping = false;

  constructor(options: CrewOptions) {
    this.#options = options;
    this.#places = Array.from({ length: options.workers }, (_, index) => ({
      number: index + 1,
      worker: undefined,
      startedAt: 0,
      soon: 0,
      failed: undefined,
      timer: undefined,
    }));
  }

  /** Starts all workers, and resolves when all listen. The first one goes first: what stops it would stop them all. */
  async start(): Promise<void> {
    const firstListening = new Promise<void>((resolve) => {
      this.#onFirstListening = resolve;
    });
    const allListening = new Promise<void>((resolve) => {
      this.#onAllListening = resolve;
    });
    const [first, ...others] = this.#places;
    this.#fork(first!, true);
    await firstListening;
    for (const place of others) if (!this.#isStopping) this.#fork(place, false);
    await allListening;
    this.#isUp = true;
  }

  /** Lets all workers end their streams and themselves; resolves when they are gone. */
  stop(): Promise<void> {
    const ended = this.#end();
    for (const { worker } of this.#places) if (worker !== undefined) send(worker, { type: "drain" });
    return ended;
  }

  /** Ends all workers at once. */
  kill(): Promise<void> {
    const ended = this.#end();
    for (const { worker } of this.#places) worker?.process.kill("SIGKILL");
    return ended;
  }

  #end(): Promise<void> {
    this.#isStopping = true;
    for (const { timer } of this.#places) clearTimeout(timer);
    return new Promise((resolve) => {
      this.#onAllEnded = resolve;
      this.#maybeAllEnded();
    });
  }

  #fork(place: Place, setsGenerator: boolean): void {
    const worker = cluster.fork();
    place.worker = worker;
    place.startedAt = performance.now();
    place.failed = undefined;
    const name = `${place.number}-${randomBytes(2).toString("hex")}`;
    worker.on("message", (message: FromWorker) => {
      if (message.type === "ready")
        send(worker, { type: "begin", task: { ...this.#options.task, name, setsGenerator } });
      else if (message.type === "failed") place.failed = message;
      else if (message.type === "listening") this.#worksNow(worker);
      else if (message.type === "ask") this.#ask(worker, message);
      else if (message.type === "answer") this.#questions.answered(message.id, worker.id, message.answer);
    });
    worker.on("exit", (code, signal) => this.#exited(place, name, worker, signal ?? `exit code ${code}`));
  }

  #worksNow(worker: Worker): void {
    this.#listening.add(worker.id);
    this.#onFirstListening();
    if (this.#listening.size === this.#places.length) this.#onAllListening();
  }

  #ask(asker: Worker, { id, kind, data }: Extract<FromWorker, { type: "ask" }>): void {
    const others = this.#places.flatMap(({ worker }) =>
      worker !== undefined && worker !== asker && this.#listening.has(worker.id) ? [worker] : [],
    );
    this.#questions.ask(
      others.map((worker) => worker.id),
      (question) => {
        for (const worker of others) send(worker, { type: "question", id: question, kind, data });
      },
      (answers) => send(asker, { type: "answers", id, answers }),
    );
  }

  #exited(place: Place, name: string, worker: Worker, how: string): void {
    place.worker = undefined;
    this.#listening.delete(worker.id);
    this.#questions.gone(worker.id);
    if (this.#isStopping) return this.#maybeAllEnded();
    for (const other of this.#places) if (other.worker !== undefined) send(other.worker, { type: "gone", name });
    const { failed } = place;
    if (failed !== undefined && !this.#isUp) return this.#giveUp(failed.message);
    // A log that is away comes back; a worker that waits for it is no reason to end those that work.
    if (failed?.log !== true) place.soon = performance.now() - place.startedAt < SOON_MS ? place.soon + 1 : 0;
    if (place.soon > MOST_SOON) {
      return this.#giveUp(`Worker ${place.number} ended ${place.soon} times at once (${how}). Its log says why.`);
    }
    const waitMs = failed?.log === true ? LONGEST_WAIT_MS : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** place.soon);
    const why = failed === undefined ? how : failed.message;
    this.#options.say(`worker ${name} ended (${why}): another takes its place in ${waitMs / 1_000} s`);
    place.timer = setTimeout(() => this.#fork(place, false), waitMs);
  }

  #giveUp(message: string): void {
    void this.kill().then(() => this.#options.onGiveUp(message));
  }

  #maybeAllEnded(): void {
    if (this.#places.every(({ worker }) => worker === undefined)) this.#onAllEnded();
  }
}

/** One that is just ending cannot be told anything, and need not. */
function send(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message, () => undefined);
}
