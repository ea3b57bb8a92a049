import { randomUUID } from "node:crypto";
import type { Jobs } from "sluice";
import { httpError } from "../operation/http-errors.ts";
import type { OrderBook } from "../orders/order-book.ts";
import { ExportFiles } from "./export-files.ts";
import { type ExportProgress, writeExport } from "./write-export.ts";

/** The data of an export's `completed` event. */
export interface FinishedExport {
  readonly downloadUrl: string;
  readonly fileName: string;
  readonly rows: number;
  readonly bytes: number;
}

/** An export that somebody started. */
export interface Export {
  readonly owner: string;
  readonly fileName: string;
  state: "running" | "finished" | "failed";
  readonly path: string;
}

/** Exports of one user that run at the same time. */
const MOST_RUNNING = 2;
/** Exports kept of one user; the oldest file goes when there is one more. */
const MOST_KEPT = 10;

/** Writes orders to files, in the background, for the one who asked. */
export class ExportDesk {
  readonly jobs: Jobs<ExportProgress, FinishedExport>;
  readonly #book: OrderBook;
  readonly #paceMs: number;
  readonly #onRunning: (running: number) => void;
  readonly #files = new ExportFiles();
  readonly #exports = new Map<string, Export>();

  constructor(
    jobs: Jobs<ExportProgress, FinishedExport>,
    book: OrderBook,
    paceMs: number,
    onRunning: (running: number) => void,
  ) {
    this.jobs = jobs;
    this.#book = book;
    this.#paceMs = paceMs;
    this.#onRunning = onRunning;
  }

  /** Starts an export and resolves to its job's ID. */
  async start(owner: string): Promise<string> {
    const own = [...this.#exports].filter(([, one]) => one.owner === owner);
    if (own.filter(([, one]) => one.state === "running").length >= MOST_RUNNING) {
      throw httpError(429, `${MOST_RUNNING} exports of yours are running already. Wait for one of them.`);
    }
    const orders = await this.#book.all();
    if (orders.length === 0) throw httpError(409, "There are no orders to export yet. Place one first.");
    const finished = own.filter(([, one]) => one.state !== "running");
    for (const [jobId] of finished.slice(0, Math.max(0, own.length + 1 - MOST_KEPT))) await this.#forget(jobId);

    const jobId = randomUUID();
    const fileName = `orders-${new Date().toISOString().slice(0, 19).replaceAll(/[:T]/g, "-")}.csv`;
    const one: Export = { owner, fileName, state: "running", path: await this.#files.pathOf(jobId) };
    this.#exports.set(jobId, one);
    this.#tellRunning();
    this.jobs.start(
      async ({ progress, signal }) => {
        try {
          const bytes = await writeExport({ path: one.path, orders, paceMs: this.#paceMs, progress, signal });
          one.state = "finished";
          return { downloadUrl: `/api/exports/${jobId}/download`, fileName, rows: orders.length, bytes };
        } finally {
          if (one.state === "running") one.state = "failed";
          this.#tellRunning();
        }
      },
      { id: jobId },
    );
    return jobId;
  }

  /** The export with this ID, for its owner. To everyone else it does not exist: 404. */
  find(jobId: string, user: string): Export {
    const one = this.#exports.get(jobId);
    if (one === undefined || one.owner !== user) throw httpError(404, "There is no such export.");
    return one;
  }

  /** Deletes the files. The jobs themselves end with the Sluice. */
  close(): Promise<void> {
    return this.#files.close();
  }

  /** The same at once, for a process that is about to exit. */
  closeNow(): void {
    this.#files.closeNow();
  }

  async #forget(jobId: string): Promise<void> {
    this.#exports.delete(jobId);
    await this.#files.remove(jobId);
  }

  #tellRunning(): void {
    this.#onRunning([...this.#exports.values()].filter((one) => one.state === "running").length);
  }
}
