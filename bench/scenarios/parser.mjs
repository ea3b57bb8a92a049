import { createParser as createPeerParser } from "eventsource-parser";
import { createParser } from "sluice/protocol";
import { INPUTS } from "../parser/inputs.mjs";
import { median } from "../statistics.mjs";

const ROUNDS = 21;
const WARM_UP_ROUNDS = 5;

/** One measurement repeats its work until it takes about this long. */
const MEASUREMENT_MS = 12;

/**
 * Measures the throughput of Sluice's parser and of eventsource-parser, in turns on the same input.
 *
 * From bytes, each works as its users use it: Sluice's parser takes bytes, and eventsource-parser takes the text of a
 * streaming `TextDecoder`. From text, both take strings. The listener reads one character of each event's data, so that
 * no parser gains by leaving the concatenation of a long string to its user.
 * @returns {Promise<import("../report.mjs").Figure[]>}
 */
export async function run() {
  const rows = Object.entries(INPUTS).flatMap(([name, bytes]) => {
    const text = bytes.map((chunk) => new TextDecoder().decode(chunk));
    const fromBytes = { name: `${name} (bytes)`, own: () => ownFromBytes(bytes), peer: () => peerFromBytes(bytes) };
    const fromText = { name: `${name} (text)`, own: () => ownFromText(text), peer: () => peerFromText(text) };
    // From text, 1 MiB lines only measure how fast V8 allocates the one string (ratio 1.0 to 1.1, mostly noise).
    return name.startsWith("1 MiB") ? [fromBytes] : [fromBytes, fromText];
  });
  // Run all inputs before the first measurement, so that each row finds the code as in a process with many streams.
  for (const { name, own, peer } of rows) {
    for (let i = 0; i < WARM_UP_ROUNDS; i++) {
      if (own() !== peer()) throw new Error(`the two parsers read "${name}" differently`);
    }
  }
  return rows.map(({ name, own, peer }) => ({
    figure: `parser throughput, Sluice / eventsource-parser: ${name}`,
    measured: throughputRatio(own, peer),
    target: { atLeast: 1 },
  }));
}

/** Returns the time of `peer` divided by the time of `own`: the median of rounds in which they take turns. */
function throughputRatio(/** @type {() => number} */ own, /** @type {() => number} */ peer) {
  const repeats = Math.max(1, Math.round(MEASUREMENT_MS / Math.max(timeOf(own, 3) / 3, 0.01)));
  const ratios = Array.from({ length: ROUNDS }, (_, round) => {
    if (round % 2 === 0) {
      const time = timeOf(peer, repeats);
      return time / timeOf(own, repeats);
    }
    const time = timeOf(own, repeats);
    return timeOf(peer, repeats) / time;
  });
  return median(ratios);
}

function timeOf(/** @type {() => number} */ work, /** @type {number} */ repeats) {
  const start = performance.now();
  for (let i = 0; i < repeats; i++) work();
  return performance.now() - start;
}

// One function per kind of input, though two have the same text: each keeps its own type feedback in V8.

function ownFromBytes(/** @type {readonly Uint8Array[]} */ chunks) {
  let read = 0;
  const parser = createParser({ onEvent: ({ data }) => (read += data.charCodeAt(data.length >> 1)) });
  for (const chunk of chunks) parser.push(chunk);
  return read;
}

function ownFromText(/** @type {readonly string[]} */ chunks) {
  let read = 0;
  const parser = createParser({ onEvent: ({ data }) => (read += data.charCodeAt(data.length >> 1)) });
  for (const chunk of chunks) parser.push(chunk);
  return read;
}

function peerFromBytes(/** @type {readonly Uint8Array[]} */ chunks) {
  let read = 0;
  const decoder = new TextDecoder();
  const parser = createPeerParser({ onEvent: ({ data }) => (read += data.charCodeAt(data.length >> 1)) });
  for (const chunk of chunks) parser.feed(decoder.decode(chunk, { stream: true }));
  return read;
}

function peerFromText(/** @type {readonly string[]} */ chunks) {
  let read = 0;
  const parser = createPeerParser({ onEvent: ({ data }) => (read += data.charCodeAt(data.length >> 1)) });
  for (const chunk of chunks) parser.feed(chunk);
  return read;
}
