/** Time that workers have to answer a question, in ms. */
const ANSWER_TIMEOUT_MS = 1_000;

interface Question {
  readonly waitsFor: Set<number>;
  readonly answers: unknown[];
  readonly timer: NodeJS.Timeout;
  readonly done: (answers: readonly unknown[]) => void;
}

/** The questions that the primary process has passed on and that some workers have not answered yet. */
export class PendingQuestions {
  readonly #pending = new Map<number, Question>();
  #asked = 0;

  /**
   * Asks these workers by calling `send` with the question's ID. Calls `done` with the answers when all workers have
   * answered or exited, or after 1,000 ms.
   */
  ask(workers: readonly number[], send: (id: number) => void, done: (answers: readonly unknown[]) => void): void {
    if (workers.length === 0) return done([]);
    const id = ++this.#asked;
    const timer = setTimeout(() => this.#finish(id), ANSWER_TIMEOUT_MS);
    this.#pending.set(id, { waitsFor: new Set(workers), answers: [], timer, done });
    send(id);
  }

  /** Adds a worker's answer. Ignores a second or a late answer. */
  addAnswer(id: number, worker: number, answer: unknown): void {
    const question = this.#pending.get(id);
    if (!question?.waitsFor.delete(worker)) return;
    question.answers.push(answer);
    if (question.waitsFor.size === 0) this.#finish(id);
  }

  /** Stops waiting for a worker that has exited. */
  removeWorker(worker: number): void {
    for (const [id, { waitsFor }] of this.#pending) {
      if (waitsFor.delete(worker) && waitsFor.size === 0) this.#finish(id);
    }
  }

  #finish(id: number): void {
    const question = this.#pending.get(id);
    this.#pending.delete(id);
    clearTimeout(question?.timer);
    question?.done(question.answers);
  }
}
