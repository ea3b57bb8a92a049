// CRC-32 is a remainder of polynomials over GF(2), so crc(A followed by B) = crc(A) * x^(8 * |B|) + crc(B). The power
// of x is computed once per piece. Appending the piece to a connection's CRC is then one multiplication, not a pass
// over bytes. Bits are reflected as in gzip: x^0 is the highest bit.
const POLYNOMIAL = 0xedb88320;
const X_TO_THE_8 = 0x00800000;
const ONE = 0x80000000;

/** Returns x^(8 * `length`): the operator that moves a CRC-32 over `length` further bytes. */
export function crcShift(length: number): number {
  let power = X_TO_THE_8 | 0;
  let shift = ONE | 0;
  for (let n = length; n > 0; n >>>= 1) {
    if ((n & 1) === 1) shift = multiply(power, shift);
    power = multiply(power, power);
  }
  return shift;
}

/** Returns the CRC-32 of two texts, one after the other. `shift` is {@link crcShift} of the length of the second. */
export function combineCrcs(first: number, second: number, shift: number): number {
  return multiply(shift, first) ^ second;
}

function multiply(a: number, b: number): number {
  let product = 0;
  for (let factor = a | 0; factor !== 0; factor <<= 1) {
    if (factor < 0) product ^= b;
    b = (b & 1) === 1 ? (b >>> 1) ^ POLYNOMIAL : b >>> 1;
  }
  return product;
}
