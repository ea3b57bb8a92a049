/**
 * Returns true if a secret looks like something that other people may have: a public key, a certificate, a key set, or
 * its URL. Everybody who has an HMAC secret can sign tokens with it (RFC 8725, section 2.1).
 *
 * Recognizes PEM, PGP and SSH keys, JSON Web Keys, DER, and keys in XML; also in Base64, Base64url, hexadecimal or
 * UTF-16, and with other text around them. A random secret is none of these. The bare numbers of a key, such as the 32
 * bytes of an Ed25519 key, look like a random secret.
 */
export function looksPublic(secret: Uint8Array): boolean {
  return isPublic(secret, 0);
}

const PUBLIC_TEXTS: readonly RegExp[] = [
  // PEM (RFC 7468), PGP, SSH2 (RFC 4716)
  /---- ?(?:BEGIN|END)\b/i,
  // JSON Web Keys and key sets (RFC 7517), also in a JSON string
  /["']kty\\*["']\s*:/,
  /["']keys\\*["']\s*:\s*\[/,
  // OpenSSH: a line of text, and what its Base64 contains
  /\b(?:ssh|ecdsa-sha2|sk)-\S+\s+AAAA/,
  /^[^ -~]*(?:ssh-(?:rsa|dss|ed25519|ed448)|ecdsa-sha2-nistp|sk-ssh-|sk-ecdsa-)/,
  // XML signatures, and keys of .NET
  /<(?:\w+:)?(?:RSAKeyValue|X509Certificate|Modulus)\b/i,
  /^\W*https?:\/\//i,
];

/** Keys in Base64 in Base64 exist, for example in the secrets of Kubernetes. Deeper ones are no mistakes. */
const MAX_LAYERS = 3;

function isPublic(bytes: Uint8Array, layer: number): boolean {
  // In UTF-16 every other byte of ASCII is zero.
  const text = new TextDecoder().decode(bytes.filter((byte) => byte !== 0));
  return (
    isDer(bytes) ||
    PUBLIC_TEXTS.some((pattern) => pattern.test(text)) ||
    (layer < MAX_LAYERS && decodings(text).some((decoded) => isPublic(decoded, layer + 1)))
  );
}

/** Returns the bytes of everything in a text that may be Base64, Base64url or hexadecimal. */
function decodings(text: string): Uint8Array[] {
  const onOneLine = text.replace(/\s|\\+[nrt]/g, "");
  const base64 = onOneLine.match(/[\w+/-]{40,}/g) ?? [];
  const hex = /^\W*(?:0x)?((?:[0-9a-f]{2}:?){40,})\W*$/i.exec(onOneLine)?.[1];
  return [...base64.map(fromBase64), ...(hex === undefined ? [] : [fromHex(hex)])];
}

function fromBase64(text: string): Uint8Array {
  // A last character that stands alone encodes nothing.
  const whole = text.length % 4 === 1 ? text.slice(0, -1) : text;
  return Uint8Array.from(atob(whole.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/[0-9a-f]{2}/gi) ?? [], (byte) => Number.parseInt(byte, 16));
}

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const OBJECT_IDENTIFIER = 0x06;
/** The public key of Ed25519, in bytes: no key or certificate in DER is shorter. */
const MIN_DER_BYTES = 44;

/** Returns true for a SEQUENCE that fills the bytes, as keys and certificates are (X.690, section 8.9). */
function isDer(bytes: Uint8Array): boolean {
  if (bytes.length < MIN_DER_BYTES || bytes[0] !== SEQUENCE) return false;
  const { start, end } = elementAt(bytes, 0);
  if (end !== bytes.length || ![SEQUENCE, INTEGER, OBJECT_IDENTIFIER].includes(bytes[start] ?? 0)) return false;
  let parts = 0;
  let at = start;
  for (; at < end; parts++) at = elementAt(bytes, at).end;
  return at === end && parts >= 2;
}

/** Returns where the contents of the element at `at` begin and end (X.690, section 8.1.3). */
function elementAt(bytes: Uint8Array, at: number): { readonly start: number; readonly end: number } {
  const first = bytes[at + 1] ?? 0;
  const start = at + 2 + (first < 0x80 ? 0 : first & 0x7f);
  const length = first < 0x80 ? first : bytes.subarray(at + 2, start).reduce((sum, byte) => sum * 256 + byte, 0);
  return { start, end: start + length };
}
