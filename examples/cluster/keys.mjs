/**
 * Calls the handler of each pressed key. Does nothing if the input is not a terminal. Returns a function that stops it.
 * @param {Readonly<Record<string, () => void>>} handlers by key
 * @returns {() => void}
 */
export function watchKeys(handlers) {
  const { stdin } = process;
  if (!stdin.isTTY) return () => {};
  const pressed = (/** @type {Buffer} */ bytes) => {
    const key = bytes.toString();
    // In raw mode Ctrl-C arrives as a key.
    if (key === "\u0003") process.exit(130);
    handlers[key]?.();
  };
  stdin.setRawMode(true);
  stdin.on("data", pressed);
  return () => {
    stdin.off("data", pressed).pause();
    stdin.setRawMode(false);
  };
}
