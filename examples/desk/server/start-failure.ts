import type { Flags } from "./flags.ts";

/** Says why the desk could not start, and what to do about it. */
export function explain(error: unknown, { port, host }: Pick<Flags, "port" | "host">): string {
  const { code, message } = error as { code?: string; message: string };
  if (code === "EADDRINUSE") {
    return `Port ${port} on ${host} is taken by another program. Choose one with --port ${port + 1}, or --port 0 for any free one.`;
  }
  if (code === "EACCES")
    return `Port ${port} needs rights that this user has not. Choose a higher one, such as --port 8080.`;
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    return `This machine has no address ${host}. Choose one with --host 127.0.0.1, or --host 0.0.0.0 for all.`;
  }
  return message;
}

/** Says a last word; the process then ends by itself. */
export function fail(message: string): void {
  console.error(message);
  process.exitCode = 1;
}
