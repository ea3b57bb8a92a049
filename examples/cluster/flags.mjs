import { parseArgs } from "node:util";
import { installedKind, KINDS } from "./log-server.mjs";

const DEFAULT_SECONDS = 30;
const MIN_SECONDS = 5;

/** Reads the flags. If one is not valid, prints the reason and exits with code 2. */
export function readFlags() {
  try {
    const { values } = parseArgs({ options: { log: { type: "string" }, seconds: { type: "string" } } });
    const seconds = values.seconds === undefined ? DEFAULT_SECONDS : Number(values.seconds);
    if (!(seconds >= MIN_SECONDS))
      throw new Error(`--seconds must be a number from ${MIN_SECONDS}. It is "${values.seconds}".`);
    const kind = values.log ?? installedKind();
    if (!KINDS.includes(kind)) throw new Error(`--log must be one of ${KINDS.join(", ")}. It is "${kind}".`);
    return { kind, seconds };
  } catch (error) {
    console.error(/** @type {Error} */ (error).message);
    process.exit(2);
  }
}
