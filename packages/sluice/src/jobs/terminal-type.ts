/** The types of events after which nothing more comes of a job. */
export type TerminalType = "completed" | "failed" | "cancelled";

export const TERMINAL_TYPES: readonly TerminalType[] = ["completed", "failed", "cancelled"];

export function isTerminal(type: string | undefined): type is TerminalType {
  return type !== undefined && (TERMINAL_TYPES as readonly string[]).includes(type);
}
