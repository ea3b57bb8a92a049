/** Events of a job's stream. The last three types end it. */
export type JobEvents<Progress, Result> = {
  progress: Progress;
  completed: Result;
  failed: { message: string };
  cancelled: { message: string };
};

/** Types of the events that end a job's stream. */
export type TerminalType = "completed" | "failed" | "cancelled";

export const TERMINAL_TYPES: readonly TerminalType[] = ["completed", "failed", "cancelled"];

/** Returns true if an event of this type ends a job's stream. */
export function isTerminal(type: string | undefined): type is TerminalType {
  return type !== undefined && (TERMINAL_TYPES as readonly string[]).includes(type);
}
