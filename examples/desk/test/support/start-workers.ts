import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
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

/** An order, and the worker that took it. */
export interface Placed {
  readonly orderId: string;
  readonly worker: string;
}

/** Starts a desk of several workers with the generator off, and signs in Ada. The desk is killed when the test ends. */
export async function startWorkers(workers: number, ...args: string[]): Promise<RunningWorkers> {
  const command = DeskCommand.forTest(...flagsOf(workers, await temporaryFolder()), ...args);
  const url = await command.url();
  return { command, url, ada: await ApiClient.signIn(url, "ada") };
}

/** Starts one desk for all tests of a file. Returns a function that signs in Ada. */
export function startWorkersForFile(workers: number): () => Promise<RunningWorkers> {
  let folder: string;
  let command: DeskCommand;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "desk-test-"));
    command = new DeskCommand(...flagsOf(workers, folder));
    await command.url();
  });
  afterAll(async () => {
    await command.kill();
    await rm(folder, { recursive: true, force: true });
  });
  return async () => {
    const url = await command.url();
    return { command, url, ada: await ApiClient.signIn(url, "ada") };
  };
}

function flagsOf(workers: number, folder: string): string[] {
  return ["--port", "0", "--generator", "0", "--log", `lmdb:${folder}`, "--workers", String(workers)];
}

/** Places orders concurrently, each on its own connection, so that every worker receives some. */
export async function placeOrders(client: ApiClient, count: number): Promise<Placed[]> {
  const orders = Array.from({ length: count }, async (_, n) => {
    const response = await client.fetch("POST", "/api/orders", { customerName: `Customer ${n}`, amount: 1 });
    return { ...((await response.json()) as { orderId: string }), worker: workerOf(response) };
  });
  return Promise.all(orders);
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
