/** How long workers may take to answer a question, in ms. */
const ANSWER_WITHIN_MS = 1_000;

interface Question {
  readonly waitsFor: Set<number>;
  readonly answers: unknown[];
  readonly timer: NodeJS.Timeout;
  readonly done: (answers: readonly unknown[]) => void;
}

/** Gathers the answers to what one worker asks the others. */
export class Questions {
  readonly #open = new Map<number, Question>();
  #asked = 0;

  /** Puts a question to these workers, by `put`, and gives their answers to `done`: all there are when the time is over. */
  ask(workers: readonly number[], put: (id: number) => void, done: (answers: readonly unknown[]) => void): void {
    if (workers.length === 0) return done([]);
    const id = ++this.#asked;
    const timer = setTimeout(() => this.#close(id), ANSWER_WITHIN_MS);
    this.#open.set(id, { waitsFor: new Set(workers), answers: [], timer, done });
    put(id);
  }

  answered(id: number, worker: number, answer: unknown): void {
    const question = this.#open.get(id);
    if (!question?.waitsFor.delete(worker)) return;
    question.answers.push(answer);
    if (question.waitsFor.size === 0) this.#close(id);
  }

  /** This worker answers no more. */
  gone(worker: number): void {
    for (const [id, { waitsFor }] of this.#open) if (waitsFor.delete(worker) && waitsFor.size === 0) this.#close(id);
  }

  #close(id: number): void {
    const question = this.#open.get(id);
    this.#open.delete(id);
    clearTimeout(question?.timer);
    question?.done(question.answers);
  }
}
