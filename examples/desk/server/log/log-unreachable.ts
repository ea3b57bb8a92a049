import { type LogChoice, showLogChoice, withoutPasswords } from "./log-choice.ts";

/** The log could not be opened when the desk started; the message is for the one who started it. */
export class LogUnreachable extends Error {
  constructor(choice: LogChoice, cause: unknown) {
    super(`The log ${showLogChoice(choice)} cannot be opened: ${reasonOf(cause)} ${ADVICE[choice.kind]}`);
  }
}

const ADVICE: Readonly<Record<LogChoice["kind"], string>> = {
  memory: "",
  lmdb: "See to it that this folder can be written, or choose another one.",
  redis: "Start Redis there, or choose another log with --log.",
  nats: "Start nats-server with JetStream (-js) there, or choose another log with --log.",
};

/** What the last of the causes says: those before it only say whom it stopped. */
function reasonOf(error: unknown): string {
  let last = error;
  while (last instanceof Error && last.cause instanceof Error) last = last.cause;
  // Node says several addresses of one host in one error, without a message of its own.
  if (last instanceof AggregateError && last.message === "") last = last.errors[0];
  const text = withoutPasswords(last instanceof Error && last.message !== "" ? last.message : String(last)).trim();
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
