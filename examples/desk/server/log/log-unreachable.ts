import { type LogChoice, showLogChoice, withoutPasswords } from "./log-choice.ts";

/** Thrown when the log cannot be opened at the start. The message is for the person at the terminal. */
export class LogUnreachable extends Error {
  constructor(choice: LogChoice, cause: unknown) {
    super(`Cannot open the log ${showLogChoice(choice)}: ${reasonOf(cause)} ${ADVICE[choice.kind]}`);
  }
}

const ADVICE: Readonly<Record<LogChoice["kind"], string>> = {
  memory: "",
  lmdb: "Make this folder writable, or choose another one.",
  redis: "Start Redis there, or choose another log with --log.",
  nats: "Start nats-server with JetStream (-js) there, or choose another log with --log.",
};

/**
 * Returns the message of the innermost cause, which names the reason. The outer messages only name the failed
 * operation.
 */
function reasonOf(error: unknown): string {
  let last = error;
  while (last instanceof Error && last.cause instanceof Error) last = last.cause;
  // If a host has several addresses, Node throws one AggregateError without a message.
  if (last instanceof AggregateError && last.message === "") last = last.errors[0];
  const text = withoutPasswords(last instanceof Error && last.message !== "" ? last.message : String(last)).trim();
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
