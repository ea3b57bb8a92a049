import type { FromWorker, ToWorker, WorkerTask } from "./worker-messages.ts";

/** Answers a question of another worker. */
type Answerer = (data: unknown) => unknown;

/** Longer than the primary process waits for the answers, so that it is only missed when that is gone. */
const NO_ANSWERS_AFTER_MS = 3_000;

/**
 * A worker's way to the other workers behind the same port, by way of the primary process. For what the log does not know: who is
 * connected where. A desk that is one process has none, and nobody to ask.
 */
export class WorkerLink {
  readonly #answerers = new Map<string, Answerer>();
  readonly #asked = new Map<number, (answers: readonly unknown[]) => void>();
  #questions = 0;
  /** One that does not work yet has nothing to end. */
  #onDrain: () => void = () => process.exit();
  #onGone: (name: string) => void = () => undefined;
  #onBegin: (task: WorkerTask) => void = () => undefined;

  constructor() {
    process.on("message", (message) => this.#take(message as ToWorker));
    // Without its primary process a worker must end. Before node:cluster calls `process.exit`, which may wait for a log that is
    // just writing; logs are made for being killed.
    process.prependListener("disconnect", () => process.kill(process.pid, "SIGKILL"));
  }

  /** Resolves to what this worker is to do. */
  begin(): Promise<WorkerTask> {
    return new Promise((resolve) => {
      this.#onBegin = resolve;
      this.#send({ type: "ready" });
    });
  }

  listening(): void {
    this.#send({ type: "listening" });
  }

  /** Says why this worker cannot start. Resolves when that has left. */
  failed(message: string, log: boolean): Promise<void> {
    return new Promise((resolve) => this.#send({ type: "failed", message, log }, resolve));
  }

  /** Calls `drain` when the desk is to stop. */
  onDrain(drain: () => void): void {
    this.#onDrain = drain;
  }

  /** Calls `gone` with the name of each worker that has ended. */
  onGone(gone: (name: string) => void): void {
    this.#onGone = gone;
  }

  /** Answers questions of this kind. */
  answer(kind: string, answerer: Answerer): void {
    this.#answerers.set(kind, answerer);
  }

  /** Asks all other workers; resolves to the answers of those that answer in time, without those that have nothing to say. */
  ask<Answer>(kind: string, data: unknown): Promise<Answer[]> {
    const id = ++this.#questions;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#answered(id, []), NO_ANSWERS_AFTER_MS);
      this.#asked.set(id, (answers) => {
        clearTimeout(timer);
        resolve(answers.filter((answer) => answer !== null) as Answer[]);
      });
      this.#send({ type: "ask", id, kind, data });
    });
  }

  #take(message: ToWorker): void {
    if (message.type === "begin") this.#onBegin(message.task);
    else if (message.type === "drain") this.#onDrain();
    else if (message.type === "gone") this.#onGone(message.name);
    else if (message.type === "answers") this.#answered(message.id, message.answers);
    else if (message.type === "question") void this.#reply(message.id, message.kind, message.data);
  }

  #answered(id: number, answers: readonly unknown[]): void {
    this.#asked.get(id)?.(answers);
    this.#asked.delete(id);
  }

  async #reply(id: number, kind: string, data: unknown): Promise<void> {
    let answer: unknown;
    try {
      answer = await this.#answerers.get(kind)?.(data);
    } catch {
      // Who asks hears from those who know; that this one does not is its answer.
    }
    this.#send({ type: "answer", id, answer: answer ?? null });
  }

  #send(message: FromWorker, sent?: () => void): void {
    process.send?.(message, undefined, undefined, () => sent?.());
  }
}
