/**
 * Returns how often `byte` occurs in `part`.
 * @param {Buffer} part
 * @param {number} byte
 */
export function countByte(part, byte) {
  let count = 0;
  for (let index = part.indexOf(byte); index !== -1; index = part.indexOf(byte, index + 1)) count++;
  return count;
}

/** The end of a deflate full flush: an empty stored block (RFC 1951, 3.2.4). */
const FLUSH_END = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/**
 * Returns a function that counts the flushes in a compressed stream without inflating it. If each flush has one event,
 * this is the number of events.
 * @returns {(part: Buffer) => number}
 */
export function createFlushCounter() {
  let tail = Buffer.alloc(0);
  return (part) => {
    const bytes = tail.length === 0 ? part : Buffer.concat([tail, part]);
    let count = 0;
    let from = 0;
    for (let index = bytes.indexOf(FLUSH_END); index !== -1; index = bytes.indexOf(FLUSH_END, from)) {
      count++;
      from = index + FLUSH_END.length;
    }
    tail = Buffer.from(bytes.subarray(Math.max(from, bytes.length - FLUSH_END.length + 1)));
    return count;
  };
}
