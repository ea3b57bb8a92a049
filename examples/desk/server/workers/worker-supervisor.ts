import cluster, { type Worker } from "node:cluster";
import { randomBytes } from "node:crypto";
import { PermitTable } from "../exports/export-permits.ts";
import { PendingQuestions } from "./pending-questions.ts";
import type { FromWorker, ToWorker, WorkerTask } from "./worker-messages.ts";

/** The part of a worker's task that is the same for all workers. */
export type SharedTask = Omit<WorkerTask, "name" | "setsGenerator">;

/** Options of {@link WorkerSupervisor}. */
export interface SupervisorOptions {
  /** Number of workers. */
  readonly workers: number;
  readonly task: SharedTask;
  /** Prints a line for the person who started the desk. */
  readonly print: (line: string) => void;
  /** Called when the desk cannot go on, after the remaining workers have been killed. */
  readonly onGiveUp: (message: string) => void;
}

/** A worker that exits sooner than this after its start counts as a failed start. */
const FAILED_START_MS = 5_000;
/** The desk gives up when more starts than this fail in a row in one slot. */
const MAX_FAILED_STARTS = 5;
/** Wait before a worker is replaced. It doubles with each failed start. */
const FIRST_WAIT_MS = 100;
const MAX_WAIT_MS = 5_000;

/** One of the desk's workers. When its process exits, another takes the slot. */
interface Slot {
  readonly number: number;
  worker: Worker | undefined;
  startedAt: number;
  /** Starts that failed in a row. */
  failedStarts: number;
  /** The reason that the worker gave for not starting. */
  failure: { readonly message: string; readonly logUnreachable: boolean } | undefined;
  timer: NodeJS.Timeout | undefined;
}

/** Starts the worker processes on one port, replaces those that exit, passes on their questions, and stops them. */
export class WorkerSupervisor {
  readonly #options: SupervisorOptions;
  readonly #slots: Slot[];
  readonly #questions = new PendingQuestions();
  readonly #permits = new PermitTable();
  readonly #listening = new Set<number>();
  #onAllListening: () => void = () => undefined;
  #onFirstListening: () => void = () => undefined;
  #onAllExited: () => void = () => undefined;
  #isUp = false;
  #isStopping = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#slots = Array.from({ length: options.workers }, (_, index) => ({
      number: index + 1,
      worker: undefined,
      startedAt: 0,
      failedStarts: 0,
      failure: undefined,
      timer: undefined,
    }));
  }

  /**
   * Starts all workers and resolves when all listen. The first worker starts alone, because its start fails for the
   * same reasons as the others.
   */
  async start(): Promise<void> {
    const firstListening = new Promise<void>((resolve) => {
      this.#onFirstListening = resolve;
    });
    const allListening = new Promise<void>((resolve) => {
      this.#onAllListening = resolve;
    });
    const [first, ...others] = this.#slots;
    this.#fork(first!, true);
    await firstListening;
    for (const slot of others) if (!this.#isStopping) this.#fork(slot, false);
    await allListening;
    this.#isUp = true;
  }

  /** Lets all workers drain and exit. Resolves when they have exited. */
  stop(): Promise<void> {
    const exited = this.#waitForExit();
    for (const { worker } of this.#slots) if (worker !== undefined) send(worker, { type: "drain" });
    return exited;
  }

  /** Kills all workers. Resolves when they have exited. */
  kill(): Promise<void> {
    const exited = this.#waitForExit();
    for (const { worker } of this.#slots) worker?.process.kill("SIGKILL");
    return exited;
  }

  #waitForExit(): Promise<void> {
    this.#isStopping = true;
    for (const { timer } of this.#slots) clearTimeout(timer);
    return new Promise((resolve) => {
      this.#onAllExited = resolve;
      this.#checkAllExited();
    });
  }

  #fork(slot: Slot, setsGenerator: boolean): void {
    const worker = cluster.fork();
    slot.worker = worker;
    slot.startedAt = performance.now();
    slot.failure = undefined;
    const name = `${slot.number}-${randomBytes(2).toString("hex")}`;
    worker.on("message", (message: FromWorker) => {
      if (message.type === "ready")
        send(worker, { type: "begin", task: { ...this.#options.task, name, setsGenerator } });
      else if (message.type === "failed") slot.failure = message;
      else if (message.type === "listening") this.#addListening(worker);
      else if (message.type === "ask") this.#ask(worker, message);
      else if (message.type === "answer") this.#questions.addAnswer(message.id, worker.id, message.answer);
      else if (message.type === "take-permit")
        send(worker, { type: "answers", id: message.id, answers: [this.#permits.take(message.user, worker.id)] });
      else if (message.type === "give-permit-back") this.#permits.giveBack(message.user, worker.id);
    });
    worker.on("exit", (code, signal) => this.#exited(slot, name, worker, signal ?? `exit code ${code}`));
  }

  #addListening(worker: Worker): void {
    this.#listening.add(worker.id);
    this.#onFirstListening();
    if (this.#listening.size === this.#slots.length) this.#onAllListening();
  }

  #ask(asker: Worker, { id, kind, data }: Extract<FromWorker, { type: "ask" }>): void {
    const others = this.#slots.flatMap(({ worker }) =>
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

  #exited(slot: Slot, name: string, worker: Worker, how: string): void {
    slot.worker = undefined;
    this.#listening.delete(worker.id);
    this.#questions.removeWorker(worker.id);
    this.#permits.giveBackAll(worker.id);
    if (this.#isStopping) return this.#checkAllExited();
    for (const other of this.#slots) if (other.worker !== undefined) send(other.worker, { type: "exited", name });
    const { failure } = slot;
    if (failure !== undefined && !this.#isUp) return this.#giveUp(failure.message);
    const logUnreachable = failure?.logUnreachable === true;
    // Do not count a start that failed because of the log: the log may come back, and the other workers still run.
    if (!logUnreachable) {
      slot.failedStarts = performance.now() - slot.startedAt < FAILED_START_MS ? slot.failedStarts + 1 : 0;
    }
    if (slot.failedStarts > MAX_FAILED_STARTS) {
      const times = `${slot.failedStarts} times in a row`;
      return this.#giveUp(`Worker ${slot.number} exited soon after its start ${times} (${how}). See its log lines.`);
    }
    const waitMs = logUnreachable ? MAX_WAIT_MS : Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** slot.failedStarts);
    const reason = failure === undefined ? how : failure.message;
    this.#options.print(`worker ${name} exited (${reason}): starting another in ${waitMs / 1_000} s`);
    slot.timer = setTimeout(() => this.#fork(slot, false), waitMs);
  }

  #giveUp(message: string): void {
    void this.kill().then(() => this.#options.onGiveUp(message));
  }

  #checkAllExited(): void {
    if (this.#slots.every(({ worker }) => worker === undefined)) this.#onAllExited();
  }
}

/** Sends a message, unless the worker is already disconnected because it is exiting. */
function send(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message, () => undefined);
}
