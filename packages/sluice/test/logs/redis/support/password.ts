import { inspect } from "node:util";

export const PASSWORD = "hunter2-9f3c";

/** Returns every text of an error that could appear in a program's log. */
export function textOf(error: unknown): string {
  return `${inspect(error, { depth: 20, showHidden: true })} ${JSON.stringify(error)} ${(error as Error).stack}`;
}
