import type { ExportPermits } from "../exports/export-permits.ts";
import type { FromWorker, ToWorker, WorkerTask } from "./worker-messages.ts";

/** Answers a question of another worker. */
type Answerer = (data: unknown) => unknown;

/** Longer than the primary process waits for answers, so this timeout expires only if the primary process is gone. */
const NO_ANSWERS_AFTER_MS = 3_000;

/**
 * A worker's connection to the other workers on the port, through the primary process. It carries state that is not in
 * the log, such as each worker's open streams. A desk of one process has no link.
 */
export class WorkerLink {
  readonly #answerers = new Map<string, Answerer>();
  readonly #asked = new Map<number, (answers: readonly unknown[]) => void>();
  #questions = 0;
  /** Until {@link onDrain} is called, a worker has no streams to end. */
  #onDrain: () => void = () => process.exit();
  #onExit: (name: string) => void = () => undefined;
  #onBegin: (task: WorkerTask) => void = () => undefined;

  constructor() {
    process.on("message", (message) => this.#receive(message as ToWorker));
    // A worker must exit when its primary process is gone. node:cluster would call `process.exit`, which may wait for a
    // log that is writing. Send SIGKILL first: the logs survive it.
    process.prependListener("disconnect", () => process.kill(process.pid, "SIGKILL"));
  }

  /** Resolves to this worker's task. */
  begin(): Promise<WorkerTask> {
    return new Promise((resolve) => {
      this.#onBegin = resolve;
      this.#send({ type: "ready" });
    });
  }

  /** Reports that this worker listens. */
  reportListening(): void {
    this.#send({ type: "listening" });
  }

  /** Reports why this worker cannot start. Resolves when the message is sent. */
  reportFailure(message: string, logUnreachable: boolean): Promise<void> {
    return new Promise((resolve) => this.#send({ type: "failed", message, logUnreachable }, resolve));
  }

  /** Calls `drain` when the desk stops. */
  onDrain(drain: () => void): void {
    this.#onDrain = drain;
  }

  /** Calls `exited` with the name of each worker that exits. */
  onExit(exited: (name: string) => void): void {
    this.#onExit = exited;
  }

  /** Answers questions of this kind with the result of `answerer`. */
  answer(kind: string, answerer: Answerer): void {
    this.#answerers.set(kind, answerer);
  }

  /** Asks all other workers. Resolves to the answers that arrive in time, without those that are `null`. */
  ask<Answer>(kind: string, data: unknown): Promise<Answer[]> {
    return this.#request((id) => ({ type: "ask", id, kind, data }));
  }

  /** The permits to run exports. The primary process keeps them for all workers. */
  get exportPermits(): ExportPermits {
    return {
      take: async (user) => (await this.#request((id) => ({ type: "take-permit", id, user }))).includes(true),
      giveBack: (user) => this.#send({ type: "give-permit-back", user }),
    };
  }

  /** Sends a message that the primary process answers with the same ID. */
  #request<Answer>(messageWith: (id: number) => FromWorker): Promise<Answer[]> {
    const id = ++this.#questions;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#resolve(id, []), NO_ANSWERS_AFTER_MS);
      this.#asked.set(id, (answers) => {
        clearTimeout(timer);
        resolve(answers.filter((answer) => answer !== null) as Answer[]);
      });
      this.#send(messageWith(id));
    });
  }

  #receive(message: ToWorker): void {
    if (message.type === "begin") this.#onBegin(message.task);
    else if (message.type === "drain") this.#onDrain();
    else if (message.type === "exited") this.#onExit(message.name);
    else if (message.type === "answers") this.#resolve(message.id, message.answers);
    else if (message.type === "question") void this.#reply(message.id, message.kind, message.data);
  }

  #resolve(id: number, answers: readonly unknown[]): void {
    this.#asked.get(id)?.(answers);
    this.#asked.delete(id);
  }

  async #reply(id: number, kind: string, data: unknown): Promise<void> {
    let answer: unknown;
    try {
      answer = await this.#answerers.get(kind)?.(data);
    } catch {
      // Answer `null`: this worker does not know, and the asking worker uses the other answers.
    }
    this.#send({ type: "answer", id, answer: answer ?? null });
  }

  #send(message: FromWorker, sent?: () => void): void {
    process.send?.(message, undefined, undefined, () => sent?.());
  }
}
