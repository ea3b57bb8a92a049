const LOCALE = "en";
const amounts = new Intl.NumberFormat(LOCALE, { style: "currency", currency: "EUR" });
const counts = new Intl.NumberFormat(LOCALE);
const times = new Intl.DateTimeFormat(LOCALE, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

export function formatAmount(amount: number): string {
  return amounts.format(amount);
}

export function formatCount(count: number): string {
  return counts.format(count);
}

/** Formats a count with its noun: `1 order`, `2 orders`. */
export function countOf(count: number, noun: string): string {
  return `${formatCount(count)} ${count === 1 ? noun : `${noun}s`}`;
}

/** Formats the time of day, to the second, in the user's time zone. */
export function formatTime(time: string | number): string {
  return times.format(new Date(time));
}

/** Formats a size in B, kB or MB. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Formats a duration in seconds, with one decimal. */
export function formatSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
