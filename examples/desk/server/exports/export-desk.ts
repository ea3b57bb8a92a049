import { randomUUID } from "node:crypto";
import { access } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import type { FeedSource, JobState, Jobs } from "sluice";
import { httpError } from "../operation/http-errors.ts";
import type { OrderBook } from "../orders/order-book.ts";
import type { ExportFiles } from "./export-files.ts";
import { type ExportProgress, writeExport } from "./write-export.ts";

/** The data of an export's `completed` event. */
export interface FinishedExport {
  readonly downloadUrl: string;
  readonly fileName: string;
  readonly rows: number;
  readonly bytes: number;
}

/** What an export is doing. */
export type ExportState = "running" | "finished" | "failed";

type ExportJob = JobState<ExportProgress, FinishedExport>;

/** Exports of one user that run at the same time. */
const MOST_RUNNING = 2;
/** Exports kept of one user; the oldest file goes when there is one more. */
const MOST_KEPT = 10;
/** A job that another process has just started is known here in a moment, and not at once. */
const LOOKS = 5;
const LOOK_AGAIN_MS = 100;

/**
 * Writes orders to files, in the background, for the one who asked. What an export is doing the jobs say, on every process that shares
 * their log; whose it is, its ID.
 */
export class ExportDesk {
  readonly #jobs: Jobs<ExportProgress, FinishedExport>;
  readonly #book: OrderBook;
  readonly #files: ExportFiles;
  readonly #paceMs: number;
  readonly #running = new Set<Promise<unknown>>();

  constructor(
    jobs: Jobs<ExportProgress, FinishedExport>,
    book: OrderBook,
    files: ExportFiles,
    { paceMs }: { readonly paceMs: number },
  ) {
    this.#jobs = jobs;
    this.#book = book;
    this.#files = files;
    this.#paceMs = paceMs;
  }

  /** Exports that this process is writing. */
  get running(): number {
    return this.#running.size;
  }

  /** Resolves when those that run now are over, whoever follows them, on whichever process. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  /** Starts an export and resolves to its job's ID, once every process knows it. */
  async start(owner: string): Promise<string> {
    const orders = await this.#book.all();
    if (orders.length === 0) throw httpError(409, "There are no orders to export yet. Place one first.");
    await this.#makeRoom(owner);
    const jobId = `${randomUUID()}.${owner}`;
    const path = await this.#files.reserve(jobId);
    const { result, published } = this.#jobs.start(
      async ({ progress, signal }) => {
        const fileName = `orders-${new Date().toISOString().slice(0, 19).replaceAll(/[:T]/g, "-")}.csv`;
        const bytes = await writeExport({ path, orders, paceMs: this.#paceMs, progress, signal });
        return { downloadUrl: `/api/exports/${jobId}/download`, fileName, rows: orders.length, bytes };
      },
      { id: jobId, user: owner },
    );
    // How it ends its followers are told.
    const over = result.catch(() => undefined).finally(() => this.#running.delete(over));
    this.#running.add(over);
    try {
      await published;
    } catch (error) {
      // Nobody gets to know its ID.
      this.#jobs.cancel(jobId);
      throw error;
    }
    return jobId;
  }

  /** What an export of this user is doing. To everyone else it does not exist: 404. */
  async stateOf(jobId: string, user: string): Promise<ExportState> {
    return stateOf(await this.#find(jobId, user));
  }

  /** The file of a finished export: 409 while it is none, 410 when its process took it along. */
  async fileOf(jobId: string, user: string): Promise<{ readonly path: string; readonly fileName: string }> {
    const job = await this.#find(jobId, user);
    const state = stateOf(job);
    if (state !== "finished") throw httpError(409, `This export is ${state}: there is no file.`);
    const path = await this.#files.pathOf(jobId);
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (!isThere) throw httpError(410, "The file of this export is gone. Export the orders again.");
    return { path, fileName: job.result?.fileName ?? "orders.csv" };
  }

  async cancel(jobId: string, user: string): Promise<void> {
    await this.#find(jobId, user);
    this.#jobs.cancel(jobId);
  }

  /** The source of an export's stream. */
  async progress(jobId: string, user: string): Promise<FeedSource> {
    await this.#find(jobId, user);
    return this.#jobs.progress(jobId, { user });
  }

  /** Deletes the files. The jobs themselves end with the Sluice. */
  close(): Promise<void> {
    return this.#files.close();
  }

  /** The same at once, for a process that is about to exit. */
  closeNow(): void {
    this.#files.closeNow();
  }

  async #find(jobId: string, user: string): Promise<ExportJob> {
    const unknown = httpError(404, "There is no such export.");
    if (ownerOf(jobId) !== user) throw unknown;
    for (let look = 1; ; look++) {
      const job = this.#jobs.get(jobId);
      if (job !== undefined) return job;
      if (look === LOOKS) throw unknown;
      await wait(LOOK_AGAIN_MS);
    }
  }

  /** Sees to it that no user has too many exports, whichever process writes them: 429. */
  async #makeRoom(owner: string): Promise<void> {
    const own = (await this.#files.jobIds()).filter((jobId) => ownerOf(jobId) === owner);
    const jobs = own.map((jobId) => ({ jobId, job: this.#jobs.get(jobId) }));
    if (jobs.filter(({ job }) => job?.state === "running").length >= MOST_RUNNING) {
      throw httpError(429, `${MOST_RUNNING} exports of yours are running already. Wait for one of them.`);
    }
    const over = jobs.filter(({ job }) => job?.state !== "running");
    over.sort((a, b) => (a.job?.startedAt.getTime() ?? 0) - (b.job?.startedAt.getTime() ?? 0));
    for (const { jobId } of over.slice(0, Math.max(0, own.length + 1 - MOST_KEPT))) await this.#files.remove(jobId);
  }
}

/** A job's ID is a random one and its owner. */
function ownerOf(jobId: string): string | undefined {
  return /^[0-9a-f-]{36}\.([a-z]+)$/.exec(jobId)?.[1];
}

function stateOf({ state }: ExportJob): ExportState {
  if (state === "completed") return "finished";
  return state === "cancelled" ? "failed" : state;
}
