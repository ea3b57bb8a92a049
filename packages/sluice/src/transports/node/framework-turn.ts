import type { HttpAnswer } from "../../stream/answer/http-answer.ts";
import type { Framework, PushBody } from "../../stream/opening/framework.ts";

/**
 * The turn of a framework, between the source and the head of a stream: its hooks and middlewares finish the response.
 * Before the turn, the framework answers. After it, Sluice writes to the response itself.
 */
export class FrameworkTurn {
  readonly #framework: Framework;
  /** True once the framework has been given the head, and cannot answer anything else. */
  #hasBegun = false;
  #isOver = false;
  /** The answer that replaces the stream, if it came during the turn. */
  #instead: HttpAnswer | undefined;
  /** The body that a middleware has wrapped, if one has. */
  body: PushBody | undefined;

  constructor(framework: Framework) {
    this.#framework = framework;
  }

  fail(error: unknown, headers: HttpAnswer["headers"]): void {
    this.#framework.fail(error, headers);
  }

  /** Begins the turn. After it, calls `go`, or `write` if the request was refused meanwhile. */
  begin(headers: HttpAnswer["headers"], go: () => void, write: (instead: HttpAnswer) => void): void {
    this.#hasBegun = true;
    this.#framework.begin(headers, (body) => {
      if (this.#isOver) return;
      this.#isOver = true;
      this.body = body;
      if (this.#instead === undefined) go();
      else write(this.#instead);
    });
  }

  /** Answers without a stream, at once or after the turn. */
  refuse(answer: HttpAnswer, write: (answer: HttpAnswer) => void): void {
    if (this.#isOver) write(answer);
    else if (this.#hasBegun) this.#instead = answer;
    else this.#framework.refuse(answer, () => write(answer));
  }
}
