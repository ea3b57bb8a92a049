/**
 * Sluice's parser beside eventsource-parser, on the same input in turns: `node bench/parser.mjs`, after a build.
 *
 * From bytes, each does what its users do: ours takes them, eventsource-parser takes what a streaming `TextDecoder`
 * makes of them. From text, both take strings. Who hears an event reads one character of its data, so that nobody gains
 * by leaving it to the reader to put a long string together. Lines of 1 MiB are measured from bytes only: from text,
 * both but wait for V8 to find memory for the one string they make of it (1.0 to 1.1, mostly noise).
 */
import { pathToFileURL } from "node:url";
import { createParser as createPeer } from "eventsource-parser";
import { createParser } from "sluice/protocol";

/** What one TCP segment carries over Ethernet, and what Node reads from a socket at most. */
const SEGMENT = 1460;
const READ = 65_536;
const ROUNDS = 21;
/** One measurement repeats its work until it takes about this long. */
const MEASUREMENT_MS = 12;

/** Inputs, as the chunks of bytes in which they arrive. */
const inputs = {
  "short events": inGroups(shortEvents(), 8),
  "short events, cut by segments": inPieces(shortEvents().join(""), SEGMENT),
  "short events, lines ending with CRLF": inGroups(
    shortEvents().map((event) => event.replaceAll("\n", "\r\n")),
    8,
  ),
  "LLM tokens, one event each": inGroups(tokens(), 1),
  "LLM tokens, five at a time": inGroups(tokens(), 5),
  "64 KiB lines in segments": inPieces(line(65_536).repeat(16), SEGMENT),
  "64 KiB lines in 64 KiB reads": inPieces(line(65_536).repeat(16), READ),
  "1 MiB lines in segments": inPieces(line(1_048_576).repeat(2), SEGMENT),
  "1 MiB lines in 64 KiB reads": inPieces(line(1_048_576).repeat(2), READ),
};

/**
 * How many times the throughput of eventsource-parser ours has, for each input, from bytes and from text.
 * @returns {Promise<{ name: string, ratio: number }[]>}
 */
export async function run() {
  const rows = Object.entries(inputs).flatMap(([name, bytes]) => {
    const text = bytes.map((chunk) => new TextDecoder().decode(chunk));
    const fromBytes = { name: `${name} (bytes)`, ours: () => ourBytes(bytes), peer: () => peerBytes(bytes) };
    const fromText = { name: `${name} (text)`, ours: () => ourText(text), peer: () => peerText(text) };
    return name.startsWith("1 MiB") ? [fromBytes] : [fromBytes, fromText];
  });
  // All inputs first, so that each row finds the compiler as it is in a process that has seen many streams.
  for (const { ours, peer } of rows)
    for (let i = 0; i < 5; i++) if (ours() !== peer()) throw new Error("they disagree");
  return rows.map(({ name, ours, peer }) => ({ name, ratio: ratioOf(ours, peer) }));
}

/** How many times as long `slower` takes as `faster`: the median of rounds in which they take turns. */
function ratioOf(/** @type {() => number} */ faster, /** @type {() => number} */ slower) {
  const repeats = Math.max(1, Math.round(MEASUREMENT_MS / Math.max(timeOf(faster, 3) / 3, 0.01)));
  const ratios = Array.from({ length: ROUNDS }, (_, round) => {
    if (round % 2 === 0) {
      const time = timeOf(slower, repeats);
      return time / timeOf(faster, repeats);
    }
    const time = timeOf(faster, repeats);
    return timeOf(slower, repeats) / time;
  });
  return ratios.sort((a, b) => a - b)[ROUNDS >> 1];
}

function timeOf(/** @type {() => number} */ work, /** @type {number} */ repeats) {
  const start = performance.now();
  for (let i = 0; i < repeats; i++) work();
  return performance.now() - start;
}

function ourBytes(/** @type {Uint8Array[]} */ chunks) {
  let read = 0;
  const parser = createParser({ onEvent: ({ data }) => (read += data.charCodeAt(data.length >> 1)) });
  for (const chunk of chunks) parser.push(chunk);
  return read;
}

function ourText(/** @type {string[]} */ chunks) {
  let read = 0;
  const parser = createParser({ onEvent: ({ data }) => (read += data.charCodeAt(data.length >> 1)) });
  for (const chunk of chunks) parser.push(chunk);
  return read;
}

function peerBytes(/** @type {Uint8Array[]} */ chunks) {
  let read = 0;
  const decoder = new TextDecoder();
  const parser = createPeer({ onEvent: ({ data }) => (read += data.charCodeAt(data.length >> 1)) });
  for (const chunk of chunks) parser.feed(decoder.decode(chunk, { stream: true }));
  return read;
}

function peerText(/** @type {string[]} */ chunks) {
  let read = 0;
  const parser = createPeer({ onEvent: ({ data }) => (read += data.charCodeAt(data.length >> 1)) });
  for (const chunk of chunks) parser.feed(chunk);
  return read;
}

/** About 110 bytes each. */
function shortEvents() {
  return Array.from({ length: 2_000 }, (_, i) => {
    const order = { orderId: `o-${i}`, symbol: "ACME", quantity: (i * 7) % 100, price: ((i * 31) % 1000) / 10 };
    return `event: placed\nid: k3x9-${100_000 + i}\ndata: ${JSON.stringify(order)}\n\n`;
  });
}

function tokens() {
  const words = "the of and to in is that it was for on are as with his they at be this from".split(" ");
  return Array.from({ length: 2_000 }, (_, i) => {
    const choices = [{ index: 0, delta: { content: ` ${words[i % words.length]}` }, finish_reason: null }];
    const head = { id: "chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz", object: "chat.completion.chunk", created: 1_700_000_000 };
    return `data: ${JSON.stringify({ ...head, model: "gpt-4o", choices })}\n\n`;
  });
}

function line(/** @type {number} */ length) {
  return `data: ${JSON.stringify({ text: "abcdefghij".repeat(length / 10) })}\n\n`;
}

function inGroups(/** @type {string[]} */ events, /** @type {number} */ size) {
  const chunks = [];
  for (let i = 0; i < events.length; i += size)
    chunks.push(new TextEncoder().encode(events.slice(i, i + size).join("")));
  return chunks;
}

function inPieces(/** @type {string} */ text, /** @type {number} */ size) {
  const bytes = new TextEncoder().encode(text);
  const chunks = [];
  for (let i = 0; i < bytes.length; i += size) chunks.push(bytes.slice(i, i + size));
  return chunks;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  for (const { name, ratio } of await run()) {
    console.log(`parser  ${name.padEnd(44)}  ours/eventsource-parser  ${ratio.toFixed(2)}x`);
  }
}
