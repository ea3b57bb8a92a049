import type { Order } from "../../wire/order.ts";

/** The header line of the file. */
export const CSV_HEADER = "orderId,customerName,amount,placedAt\r\n";

/** Returns an order as a line of CSV (RFC 4180). */
export function csvLine({ orderId, customerName, amount, placedAt }: Order): string {
  return `${[orderId, customerName, amount.toFixed(2), placedAt].map(csvField).join(",")}\r\n`;
}

function csvField(text: string): string {
  // A spreadsheet evaluates text that begins like this as a formula. A leading apostrophe prevents it.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
