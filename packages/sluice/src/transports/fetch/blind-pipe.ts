/**
 * Calls `onPipe` when the body is piped without a signal. h3 1 does that, with a sink that drops all bytes once the
 * client has left, and goes on for ever. Only on Node: other runtimes may send bytes in native code.
 * See docs/decisions/048-bytes-that-nothing-reads.md.
 */
export function watchBlindPipe(body: ReadableStream<Uint8Array>, onPipe: () => void): void {
  if (!isNode()) return;
  const pipeTo: typeof body.pipeTo = (destination, options) => {
    if (options?.signal === undefined) onPipe();
    return ReadableStream.prototype.pipeTo.call(body, destination, options);
  };
  Object.defineProperty(body, "pipeTo", { value: pipeTo, configurable: true, writable: true });
}

function isNode(): boolean {
  const { Bun, Deno, navigator, process } = globalThis as {
    Bun?: unknown;
    Deno?: unknown;
    navigator?: { readonly userAgent?: string };
    process?: { readonly versions?: { readonly node?: string } };
  };
  if (Bun !== undefined || Deno !== undefined || typeof process?.versions?.node !== "string") return false;
  // Node 20 has no navigator. Workers have one, and may imitate `process`.
  return navigator === undefined || navigator.userAgent?.startsWith("Node.js/") === true;
}
