import type { Flags } from "./flags.ts";

/** Returns a message that says why the desk could not start and what to do about it. */
export function explainStartFailure(error: unknown, { port, host }: Pick<Flags, "port" | "host">): string {
  const { code, message } = error as { code?: string; message: string };
  if (code === "EADDRINUSE") {
    const advice = `Choose another port with --port ${port + 1}, or any free port with --port 0.`;
    return `Another program uses port ${port} on ${host}. ${advice}`;
  }
  if (code === "EACCES") return `This user may not listen on port ${port}. Choose a higher port, such as --port 8080.`;
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    const advice = "Choose another address with --host 127.0.0.1, or all addresses with --host 0.0.0.0.";
    return `This machine does not have the address ${host}. ${advice}`;
  }
  return message;
}

/** Prints the message and sets the exit code to 1. The process then ends by itself. */
export function exitWithMessage(message: string): void {
  console.error(message);
  process.exitCode = 1;
}
