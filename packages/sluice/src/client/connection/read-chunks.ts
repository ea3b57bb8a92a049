/**
 * Passes each chunk of a body to `onChunk`, and reads on when its promise has resolved. Resolves at the body's end.
 * Rejects if the connection is cut or its request is aborted. Also rejects with the error of `onChunk`, and then leaves
 * the connection open: abort its request.
 */
export async function readChunks(
  body: ReadableStream<Uint8Array> | null,
  onChunk: (chunk: Uint8Array) => void | PromiseLike<void>,
): Promise<void> {
  // Not every browser can iterate a `ReadableStream`.
  const reader = body?.getReader();
  for (;;) {
    const result = await reader?.read();
    if (result?.value === undefined) return;
    await onChunk(result.value);
  }
}
