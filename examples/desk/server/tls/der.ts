// The encoding of certificates: ASN.1 with the distinguished encoding rules (ITU-T X.690).

const LONG_LENGTH = 0x80;

/** Returns a value with its tag and its length. */
function tagged(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  if (content.length < LONG_LENGTH) return Buffer.concat([Buffer.from([tag, content.length]), content]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(content.length);
  return Buffer.concat([Buffer.from([tag, LONG_LENGTH | length.length]), length, content]);
}

export const sequence = (...items: readonly Uint8Array[]): Buffer => tagged(0x30, ...items);
export const set = (...items: readonly Uint8Array[]): Buffer => tagged(0x31, ...items);
/** A number of several bytes. It must be positive: its first bit must be 0. */
export const integer = (bytes: Uint8Array): Buffer => tagged(0x02, bytes);
export const boolean = (value: boolean): Buffer => tagged(0x01, Buffer.from([value ? 0xff : 0]));
export const utf8 = (text: string): Buffer => tagged(0x0c, Buffer.from(text));
export const octets = (...contents: readonly Uint8Array[]): Buffer => tagged(0x04, ...contents);
/** Bits in whole bytes. The last `unused` bits do not count. */
export const bits = (bytes: Uint8Array, unused = 0): Buffer => tagged(0x03, Buffer.from([unused]), bytes);
/** A field with a number of its own, around a whole value. */
export const explicit = (number: number, content: Uint8Array): Buffer => tagged(0xa0 + number, content);
/** A field with a number of its own, in place of the value's tag. */
export const implicit = (number: number, content: Uint8Array): Buffer => tagged(0x80 + number, content);

/** Returns a time. Its year must be from 1950 to 2049. */
export function utcTime(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, "");
  return tagged(0x17, Buffer.from(digits.slice(2)));
}

/** Returns an object identifier, such as `2.5.4.3`. */
export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** Returns a number in groups of seven bits. All bytes but the last have the highest bit set. */
function base128(number: number): number[] {
  const groups = [number & 0x7f];
  for (let rest = number >>> 7; rest > 0; rest >>>= 7) groups.unshift((rest & 0x7f) | 0x80);
  return groups;
}
