import { randomUUID } from "node:crypto";
import { access } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import type { FeedSource, JobState, Jobs } from "sluice";
import type { ExportProgress, FinishedExport } from "../../wire/export.ts";
import { httpError } from "../operation/http-errors.ts";
import type { OrderBook } from "../orders/order-book.ts";
import type { ExportFiles } from "./export-files.ts";
import { type ExportPermits, MAX_RUNNING } from "./export-permits.ts";
import { writeExport } from "./write-export.ts";

/** The state of an export. */
export type ExportState = "running" | "finished" | "failed";

type ExportJob = JobState<ExportProgress, FinishedExport>;

/** Maximum number of files kept for one user, running exports included. A further export deletes the oldest. */
const MAX_KEPT = 10;
/** A job that another process has just started takes a moment to arrive here, so look it up several times. */
const LOOKUP_ATTEMPTS = 5;
const LOOKUP_RETRY_MS = 100;

/**
 * Writes orders to files in the background. The jobs carry the state of an export to all processes that share their
 * log. The job's ID contains the user who started the export.
 */
export class OrderExports {
  readonly #jobs: Jobs<ExportProgress, FinishedExport>;
  readonly #book: OrderBook;
  readonly #files: ExportFiles;
  readonly #permits: ExportPermits;
  readonly #paceMs: number;
  readonly #running = new Set<Promise<unknown>>();

  constructor(
    jobs: Jobs<ExportProgress, FinishedExport>,
    book: OrderBook,
    files: ExportFiles,
    { permits, paceMs }: { readonly permits: ExportPermits; readonly paceMs: number },
  ) {
    this.#jobs = jobs;
    this.#book = book;
    this.#files = files;
    this.#permits = permits;
    this.#paceMs = paceMs;
  }

  /** Number of exports that this process is writing. */
  get running(): number {
    return this.#running.size;
  }

  /** Resolves when all exports that this process is writing now have ended. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  /**
   * Starts an export and resolves to its job's ID once the log has it. Rejects with 409 if there are no orders, and
   * with 429 if the user already runs two exports.
   */
  async start(owner: string): Promise<string> {
    if (!(await this.#permits.take(owner)))
      throw httpError(429, `You already have ${MAX_RUNNING} running exports. Wait until one of them has finished.`);
    let isTaken = true;
    const giveBack = () => {
      if (isTaken) this.#permits.giveBack(owner);
      isTaken = false;
    };
    try {
      return await this.#start(owner, giveBack);
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  /** Starts an export. Calls `ended` when it no longer counts as running, perhaps several times. */
  async #start(owner: string, ended: () => void): Promise<string> {
    const orders = await this.#book.all();
    if (orders.length === 0) throw httpError(409, "There are no orders to export yet. Place one first.");
    const jobId = `${randomUUID()}.${owner}`;
    const path = await this.#files.reserve(jobId);
    await this.#deleteOldest(owner);
    const { result, published } = this.#jobs.start(
      async ({ progress, signal }) => {
        signal.addEventListener("abort", ended);
        const fileName = `orders-${new Date().toISOString().slice(0, 19).replaceAll(/[:T]/g, "-")}.csv`;
        const bytes = await writeExport({ path, orders, paceMs: this.#paceMs, progress, signal });
        return { downloadUrl: `/api/exports/${jobId}/download`, fileName, rows: orders.length, bytes };
      },
      { id: jobId, user: owner },
    );
    // Ignore the failure here: the job's stream reports it.
    const written = result
      .catch(() => undefined)
      .finally(() => {
        this.#running.delete(written);
        ended();
      });
    this.#running.add(written);
    try {
      await published;
    } catch (error) {
      // No client will learn the job's ID.
      this.#jobs.cancel(jobId, { user: owner });
      throw error;
    }
    return jobId;
  }

  /** Resolves to the state of this user's export. Rejects with 404 for other users. */
  async stateOf(jobId: string, user: string): Promise<ExportState> {
    return stateOf(await this.#find(jobId, user));
  }

  /**
   * Resolves to the file of a finished export. Rejects with 409 if it has not finished, and with 410 if its file is
   * gone.
   */
  async fileOf(jobId: string, user: string): Promise<{ readonly path: string; readonly fileName: string }> {
    const job = await this.#find(jobId, user);
    const state = stateOf(job);
    if (state !== "finished") throw httpError(409, `This export has no file: it is ${state}.`);
    const path = await this.#files.pathOf(jobId);
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (!isThere) throw httpError(410, "The file of this export is gone. Export the orders again.");
    return { path, fileName: job.result?.fileName ?? "orders.csv" };
  }

  /** Cancels this user's export. Rejects with 404 for other users. */
  async cancel(jobId: string, user: string): Promise<void> {
    await this.#find(jobId, user);
    this.#jobs.cancel(jobId, { user });
  }

  /** Resolves to the source of an export's stream. Rejects with 404 for other users. */
  async progress(jobId: string, user: string): Promise<FeedSource> {
    await this.#find(jobId, user);
    return this.#jobs.progress(jobId, { user });
  }

  /** Deletes the files. Closing the Sluice ends the jobs. */
  close(): Promise<void> {
    return this.#files.close();
  }

  /** Like `close`, but synchronous, for a process that is about to exit. */
  closeNow(): void {
    this.#files.closeNow();
  }

  async #find(jobId: string, user: string): Promise<ExportJob> {
    const unknown = httpError(404, "There is no such export.");
    if (ownerOf(jobId) !== user) throw unknown;
    for (let attempt = 1; ; attempt++) {
      const job = this.#jobs.get(jobId, { user });
      if (job !== undefined) return job;
      if (attempt === LOOKUP_ATTEMPTS) throw unknown;
      await wait(LOOKUP_RETRY_MS);
    }
  }

  /** Deletes the user's oldest files beyond the limit, but none of a running export. */
  async #deleteOldest(owner: string): Promise<void> {
    const own = (await this.#files.jobIds()).filter((jobId) => ownerOf(jobId) === owner);
    const oldest = own.slice(0, Math.max(0, own.length - MAX_KEPT));
    const isRunning = (jobId: string) => this.#jobs.get(jobId, { user: owner })?.state === "running";
    for (const jobId of oldest) if (!isRunning(jobId)) await this.#files.remove(jobId);
  }
}

/** Returns the owner in a job's ID, which is `<uuid>.<user>`, or `undefined` if the ID is not of that form. */
function ownerOf(jobId: string): string | undefined {
  return /^[0-9a-f-]{36}\.([a-z]+)$/.exec(jobId)?.[1];
}

function stateOf({ state }: ExportJob): ExportState {
  if (state === "completed") return "finished";
  return state === "cancelled" ? "failed" : state;
}
