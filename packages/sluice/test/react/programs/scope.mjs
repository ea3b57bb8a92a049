/** The scope of the scenarios that run in a page: React, and the built package. */
import * as react from "react";
import { flushSync } from "react-dom";
import { createRoot, hydrateRoot } from "react-dom/client";
import { shareEventStream } from "sluice/client";
import { useEventStream, useEvents } from "sluice/react";

const scope = { ...react, createRoot, hydrateRoot, flushSync, shareEventStream, useEvents, useEventStream };

/** Resolves once the condition holds. */
async function until(condition) {
  for (const end = Date.now() + 30_000; !condition(); ) {
    if (Date.now() > end) throw new Error(`Not in time: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

globalThis.runInScope = (source, argument) => new Function(`return (${source})`)()({ ...scope, until }, argument);
