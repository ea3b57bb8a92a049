/**
 * Calls what belongs to a key when it is pressed; nothing, where this is no terminal. Returns what ends it.
 * @param {Readonly<Record<string, () => void>>} keys
 * @returns {() => void}
 */
export function watchKeys(keys) {
  const { stdin } = process;
  if (!stdin.isTTY) return () => {};
  const pressed = (/** @type {Buffer} */ bytes) => {
    const key = bytes.toString();
    // Ctrl-C comes as a key, too.
    if (key === "\u0003") process.exit(130);
    keys[key]?.();
  };
  stdin.setRawMode(true);
  stdin.on("data", pressed);
  return () => {
    stdin.off("data", pressed).pause();
    stdin.setRawMode(false);
  };
}
