import { ApiClient } from "./api-client.ts";
import { DeskCommand } from "./desk-command.ts";
import type { EventReader } from "./event-reader.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A desk of several workers on LMDB, started as one starts it. */
export interface RunningWorkers {
  readonly command: DeskCommand;
  readonly url: string;
  readonly ada: ApiClient;
}

export async function startWorkers(workers: number, ...args: string[]): Promise<RunningWorkers> {
  const log = `lmdb:${await temporaryFolder()}`;
  const flags = ["--port", "0", "--generator", "0", "--log", log, "--workers", String(workers)];
  const command = new DeskCommand(...flags, ...args);
  const url = await command.url();
  return { command, url, ada: await ApiClient.signIn(url, "ada") };
}

/** The worker that answered. */
export function workerOf({ headers }: Response): string {
  return headers.get("x-worker") ?? "";
}

/** Opens streams until each of so many workers has one; the answer is one of each. Connections go round. */
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
  if (streams.size < workers) throw new Error(`Only ${[...streams.keys()]} answered, of ${workers} workers.`);
  return streams;
}
