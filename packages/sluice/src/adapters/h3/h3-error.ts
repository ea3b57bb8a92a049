import type { HttpAnswer } from "../../stream/answer/http-answer.ts";
import { httpError } from "../../stream/answer/http-error.ts";

/** An error with an answer, in the form by which h3 1 and 2 recognise their own errors. */
class ErrorOfH3 extends Error {
  /** h3 1 recognises its errors by this property. */
  static readonly __h3_error__ = true;
  /** h3 2 recognises its errors by this name and `status`. */
  override readonly name = "HTTPError";
  readonly status: number;
  readonly statusCode: number;
  readonly headers: Headers;
  readonly fatal = false;
  readonly unhandled = false;

  constructor(cause: unknown, { status, headers, text }: HttpAnswer) {
    super(text, { cause });
    this.status = status;
    this.statusCode = status;
    this.headers = new Headers(headers);
  }

  toJSON(): object {
    const { status, statusCode, message } = this;
    return { status, statusCode, message };
  }
}

/** An error for h3, and the headers of its answer. */
interface Failure {
  readonly error: unknown;
  readonly headers: HttpAnswer["headers"];
}

/**
 * Returns the error in the form of h3, with the original as its `cause`, if it has an answer for the client: a status
 * of its own from 400 to 499, or from 500 with `retry-after`, as refusals have. h3 answers it with that status. Returns
 * any other error unchanged: h3 prints it, and hides its message.
 */
export function toErrorOfH3(error: unknown): Failure {
  const failure = { error, headers: {} };
  if (typeof error !== "object" || error === null || isErrorOfH3(error)) return failure;
  const { status, statusCode } = error as { status?: unknown; statusCode?: unknown };
  const answer = httpError(error);
  const isForClient =
    answer.status === (status ?? statusCode) && (answer.status < 500 || answer.headers["retry-after"]);
  return isForClient ? failureOf(error, answer) : failure;
}

function failureOf(cause: object, answer: HttpAnswer): Failure {
  const { "content-type": _, ...headers } = answer.headers;
  return { error: new ErrorOfH3(cause, { ...answer, headers }), headers };
}

function isErrorOfH3(error: object): boolean {
  const { name, constructor: kind } = error as { name?: unknown; constructor?: { __h3_error__?: unknown } };
  return name === "HTTPError" || kind?.__h3_error__ === true;
}
