import { open } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import type { Order } from "../orders/order.ts";
import { CSV_HEADER, csvLine } from "./csv.ts";

/** How far an export is: the data of its `progress` events. */
export interface ExportProgress {
  /** 0 to 100. */
  readonly percentage: number;
  /** For people. */
  readonly status: string;
}

/** What an export is to do. */
export interface ExportTask {
  readonly path: string;
  readonly orders: readonly Order[];
  /** Pause after each step, in ms: a real export is slow because of its database, this one so that one sees it work. */
  readonly paceMs: number;
  readonly progress: (progress: ExportProgress) => void;
  readonly signal: AbortSignal;
}

/** Progress is told at most so often, however many rows there are. */
const STEPS = 40;

/** Writes the orders as CSV and resolves to the size of the file. Throws when the signal aborts. */
export async function writeExport({ path, orders, paceMs, progress, signal }: ExportTask): Promise<number> {
  const file = await open(path, "w");
  try {
    let bytes = (await file.write(CSV_HEADER)).bytesWritten;
    const perStep = Math.ceil(orders.length / STEPS);
    for (let done = 0; done < orders.length; ) {
      const rows = orders.slice(done, done + perStep);
      bytes += (await file.write(rows.map(csvLine).join(""))).bytesWritten;
      done += rows.length;
      const percentage = Math.floor((done / orders.length) * 100);
      progress({ percentage, status: `Written ${done} of ${orders.length} orders` });
      await wait(paceMs, undefined, { signal });
    }
    return bytes;
  } finally {
    await file.close();
  }
}
