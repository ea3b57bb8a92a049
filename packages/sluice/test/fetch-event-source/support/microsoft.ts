import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type * as microsoft from "@microsoft/fetch-event-source";

/** The document that the package sees: that of the present page. A call cannot begin without one, but it can end. */
const document = {
  get hidden(): boolean {
    return globalThis.document?.hidden ?? false;
  },
  addEventListener: (type: string, listener: () => void) => globalThis.document.addEventListener(type, listener),
  removeEventListener: (type: string, listener: () => void) => globalThis.document?.removeEventListener(type, listener),
};

/**
 * Loads the package with a document of its own. Its calls may go on after their test, and use `document` at their end.
 * A missing global would then be an unhandled error of the run.
 */
export function loadMicrosoft(): Pick<typeof microsoft, "fetchEventSource" | "EventStreamContentType"> {
  const path = join(dirname(createRequire(import.meta.url).resolve("@microsoft/fetch-event-source")), "fetch.js");
  const exports = {};
  const load = new Function("exports", "require", "document", "window", readFileSync(path, "utf8"));
  load(exports, createRequire(path), document, globalThis);
  return exports as typeof microsoft;
}
