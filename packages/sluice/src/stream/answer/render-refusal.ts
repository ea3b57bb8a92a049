import { invalidOption } from "../../base/checks/check-option.ts";
import { callGuarded, type OnFailure } from "../../base/errors/guard.ts";
import { isHeaderValue } from "./header-rules.ts";
import type { HttpAnswer } from "./http-answer.ts";
import type { OnRefuse } from "./refusal.ts";

/**
 * Returns the answer with the body that the application renders for it. If `onRefuse` fails or returns something else,
 * passes that to `failed` and returns the answer as it is.
 */
export function renderRefusal(
  answer: HttpAnswer,
  request: unknown,
  onRefuse: OnRefuse | undefined,
  failed: OnFailure,
): HttpAnswer {
  const { status, code, headers } = answer;
  if (onRefuse === undefined || code === undefined) return answer;
  const rendered: unknown = callGuarded(onRefuse, failed, { status, code, headers: { ...headers } }, request as never);
  if (rendered === undefined || rendered === null) return answer;
  const { body, contentType } = rendered as { body?: unknown; contentType?: unknown };
  if (typeof body === "string" && isHeaderValue(contentType) && contentType !== "")
    return { ...answer, headers: { ...headers, "content-type": contentType }, text: body };
  failed(invalidOption("onRefuse()", "{ body, contentType }, with two strings, or undefined", rendered));
  return answer;
}
