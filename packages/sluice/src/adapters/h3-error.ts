import { isSluiceError } from "../base/is-sluice-error.ts";
import type { HttpAnswer } from "../stream/opening/http-answer.ts";
import { httpError } from "../stream/opening/http-error.ts";

/** An error with an answer, in the form by which h3 1 and 2 recognise their own errors. */
class ErrorOfH3 extends Error {
  /** h3 1 looks for this. */
  static readonly __h3_error__ = true;
  /** h3 2 looks for this name, and for `status`. */
  override readonly name = "HTTPError";
  readonly status: number;
  readonly statusCode: number;
  readonly headers: Headers;
  readonly fatal = false;
  readonly unhandled = false;

  constructor(cause: unknown, { status, headers: { "content-type": _, ...headers }, text }: HttpAnswer) {
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

/**
 * Returns the error as one of h3, with the original as its `cause`, if it has an answer for the client: a status from
 * 400 to 499 of its own, or a refusal of Sluice. h3 answers it with that status and its message. Returns any other error
 * as it is: h3 prints it, and hides its message.
 */
export function toErrorOfH3(error: unknown): unknown {
  if (typeof error !== "object" || error === null || isErrorOfH3(error)) return error;
  const { status, statusCode } = error as { status?: unknown; statusCode?: unknown };
  const answer = httpError(error);
  const isForClient = answer.status === (status ?? statusCode) && (answer.status < 500 || isSluiceError(error));
  return isForClient ? new ErrorOfH3(error, answer) : error;
}

function isErrorOfH3(error: object): boolean {
  const { name, constructor: kind } = error as { name?: unknown; constructor?: { __h3_error__?: unknown } };
  return name === "HTTPError" || kind?.__h3_error__ === true;
}

/** The headers of an error, for the answer. */
export function headersOfError(error: unknown): Headers {
  return error instanceof ErrorOfH3 ? error.headers : new Headers();
}
