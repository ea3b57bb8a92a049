/** Bytes that notice the first look at their length or their buffer. No code can send them without one of these. */
class WatchedBytes extends Uint8Array {
  /** Their number, for code that does not send them. */
  size = 0;
  onRead: (() => void) | undefined;
}

for (const name of ["length", "byteLength", "buffer"]) {
  const { get } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), name) as {
    get(): unknown;
  };
  Object.defineProperty(WatchedBytes.prototype, name, {
    get(this: WatchedBytes) {
      const { onRead } = this;
      this.onRead = undefined;
      onRead?.();
      return get.call(this);
    },
  });
}

/** Returns a view of the bytes that calls `onRead` at the first look at it. */
export function watchedBytes(bytes: Uint8Array, onRead: () => void): Uint8Array {
  const watched = new WatchedBytes(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
  watched.size = bytes.byteLength;
  watched.onRead = onRead;
  return watched;
}

/** Returns the number of bytes, without a look at watched ones. */
export function sizeOf(bytes: Uint8Array): number {
  return (bytes as Partial<WatchedBytes>).size ?? bytes.byteLength;
}
