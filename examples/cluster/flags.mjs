import { parseArgs } from "node:util";
import { installedKind, KINDS } from "./store.mjs";

const DEFAULT_SECONDS = 30;
const MIN_SECONDS = 5;

/** What the command line says. Ends the process, with a message, where that makes no sense. */
export function readFlags() {
  try {
    const { values } = parseArgs({ options: { log: { type: "string" }, seconds: { type: "string" } } });
    const seconds = values.seconds === undefined ? DEFAULT_SECONDS : Number(values.seconds);
    if (!(seconds >= MIN_SECONDS))
      throw new Error(`--seconds must be a number from ${MIN_SECONDS}, but is "${values.seconds}".`);
    const kind = values.log ?? installedKind();
    if (!KINDS.includes(kind)) throw new Error(`--log must be one of ${KINDS.join(", ")}, but is "${kind}".`);
    return { kind, seconds };
  } catch (error) {
    console.error(/** @type {Error} */ (error).message);
    process.exit(2);
  }
}
