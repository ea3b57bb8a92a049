import { open } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import type { ExportProgress } from "../../wire/export.ts";
import type { Order } from "../../wire/order.ts";
import { CSV_HEADER, csvLine } from "./csv.ts";

/** Options of {@link writeExport}. */
export interface ExportTask {
  readonly path: string;
  readonly orders: readonly Order[];
  /** Pause after each step, in ms. It stands for the slow database of a real export, and makes the progress visible. */
  readonly paceMs: number;
  readonly progress: (progress: ExportProgress) => void;
  readonly signal: AbortSignal;
}

/** Maximum number of progress events per export. */
const MAX_STEPS = 40;

/** Writes the orders as CSV and resolves to the size of the file, in bytes. Rejects if the signal aborts. */
export async function writeExport({ path, orders, paceMs, progress, signal }: ExportTask): Promise<number> {
  const file = await open(path, "w");
  try {
    let bytes = (await file.write(CSV_HEADER)).bytesWritten;
    const perStep = Math.ceil(orders.length / MAX_STEPS);
    for (let done = 0; done < orders.length; ) {
      const rows = orders.slice(done, done + perStep);
      bytes += (await file.write(rows.map(csvLine).join(""))).bytesWritten;
      done += rows.length;
      const percentage = Math.floor((done / orders.length) * 100);
      progress({ percentage, status: `${done} of ${orders.length} orders written` });
      await wait(paceMs, undefined, { signal });
    }
    return bytes;
  } finally {
    await file.close();
  }
}
