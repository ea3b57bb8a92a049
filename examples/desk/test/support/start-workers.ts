import { ApiClient } from "./api-client.ts";
import { DeskCommand } from "./desk-command.ts";
import type { EventReader } from "./event-reader.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A desk of several workers on LMDB, started from the command line. */
export interface RunningWorkers {
  readonly command: DeskCommand;
  readonly url: string;
  readonly ada: ApiClient;
}

/** Starts a desk of several workers with the generator off, and signs in Ada. */
export async function startWorkers(workers: number, ...args: string[]): Promise<RunningWorkers> {
  const log = `lmdb:${await temporaryFolder()}`;
  const flags = ["--port", "0", "--generator", "0", "--log", log, "--workers", String(workers)];
  const command = new DeskCommand(...flags, ...args);
  const url = await command.url();
  return { command, url, ada: await ApiClient.signIn(url, "ada") };
}

/** Returns the name of the worker that sent the response. */
export function workerOf({ headers }: Response): string {
  return headers.get("x-worker") ?? "";
}

/** Opens streams until each worker has one, and returns them by worker. The workers take connections in turn. */
export async function streamOfEach(
  workers: number,
  open: () => Promise<EventReader>,
): Promise<Map<string, EventReader>> {
  const streams = new Map<string, EventReader>();
  for (let n = 0; streams.size < workers && n < workers * 5; n++) {
    const stream = await open();
    const worker = workerOf(stream.response);
    if (streams.has(worker)) stream.close();
    else streams.set(worker, stream);
  }
  if (streams.size < workers) throw new Error(`Only these of ${workers} workers answered: ${[...streams.keys()]}.`);
  return streams;
}
