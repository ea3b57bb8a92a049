/** Payload of one TCP segment over Ethernet, in bytes. */
const SEGMENT_BYTES = 1_460;

/** Node reads at most this many bytes from a socket at a time. */
const READ_BYTES = 65_536;

/**
 * Inputs of the parser, each as the chunks of bytes in which it arrives.
 * @type {Readonly<Record<string, Uint8Array[]>>}
 */
export const INPUTS = {
  "short events": inGroups(shortEvents(), 8),
  "short events, cut into segments": inPieces(shortEvents().join(""), SEGMENT_BYTES),
  "short events, lines that end with CRLF": inGroups(
    shortEvents().map((event) => event.replaceAll("\n", "\r\n")),
    8,
  ),
  "LLM tokens, one event per chunk": inGroups(tokens(), 1),
  "LLM tokens, five events per chunk": inGroups(tokens(), 5),
  "64 KiB lines in segments": inPieces(line(65_536).repeat(16), SEGMENT_BYTES),
  "64 KiB lines in 64 KiB reads": inPieces(line(65_536).repeat(16), READ_BYTES),
  "1 MiB lines in segments": inPieces(line(1_048_576).repeat(2), SEGMENT_BYTES),
  "1 MiB lines in 64 KiB reads": inPieces(line(1_048_576).repeat(2), READ_BYTES),
};

/** Returns events of about 110 bytes each. */
function shortEvents() {
  return Array.from({ length: 2_000 }, (_, i) => {
    const order = { orderId: `o-${i}`, symbol: "ACME", quantity: (i * 7) % 100, price: ((i * 31) % 1000) / 10 };
    return `event: placed\nid: k3x9-${100_000 + i}\ndata: ${JSON.stringify(order)}\n\n`;
  });
}

/** Returns events as a language model's API streams them, one token each. */
function tokens() {
  const words = "the of and to in is that it was for on are as with his they at be this from".split(" ");
  return Array.from({ length: 2_000 }, (_, i) => {
    const choices = [{ index: 0, delta: { content: ` ${words[i % words.length]}` }, finish_reason: null }];
    const head = { id: "chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz", object: "chat.completion.chunk", created: 1_700_000_000 };
    return `data: ${JSON.stringify({ ...head, model: "gpt-4o", choices })}\n\n`;
  });
}

/** Returns an event of one line with about `length` characters. */
function line(/** @type {number} */ length) {
  return `data: ${JSON.stringify({ text: "abcdefghij".repeat(length / 10) })}\n\n`;
}

function inGroups(/** @type {string[]} */ events, /** @type {number} */ size) {
  const chunks = [];
  for (let i = 0; i < events.length; i += size) {
    chunks.push(new TextEncoder().encode(events.slice(i, i + size).join("")));
  }
  return chunks;
}

function inPieces(/** @type {string} */ text, /** @type {number} */ size) {
  const bytes = new TextEncoder().encode(text);
  const chunks = [];
  for (let i = 0; i < bytes.length; i += size) chunks.push(bytes.slice(i, i + size));
  return chunks;
}
