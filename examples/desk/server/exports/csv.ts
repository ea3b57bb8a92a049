import type { Order } from "../orders/order.ts";

/** The first line of the file. */
export const CSV_HEADER = "orderId,customerName,amount,placedAt\r\n";

/** An order as a line of CSV (RFC 4180). */
export function csvLine({ orderId, customerName, amount, placedAt }: Order): string {
  return `${[orderId, customerName, amount.toFixed(2), placedAt].map(csvField).join(",")}\r\n`;
}

function csvField(text: string): string {
  // A spreadsheet runs what begins like this as a formula; a leading apostrophe makes it text.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
