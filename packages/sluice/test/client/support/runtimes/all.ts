import { programPath } from "../../../../../../scripts/programs/programs.mjs";
import { ChildRuntime } from "./child-runtime.ts";
import { startChromium } from "./chromium.ts";
import { startFirefox } from "./firefox.ts";
import type { RuntimeKind } from "./runtime.ts";

/**
 * Returns the runtimes of this machine that run the built client: Node 20 or newer, the newest Node, Bun, Deno,
 * Chromium and Firefox. Prints those that are missing. If CI=true, throws for them.
 */
export function allRuntimes(): RuntimeKind[] {
  const kinds: MaybeKind[] = [
    child("this Node", process.execPath),
    child("the newest Node", programPath("node-newest")),
    child("Bun", programPath("bun")),
    child("Deno", programPath("deno"), "run", "--no-config", "--allow-net"),
    { name: "Chromium", isBrowser: true, start: programPath("chromium") === undefined ? undefined : startChromium },
    {
      name: "Firefox",
      isBrowser: true,
      readsAhead: true,
      start: programPath("firefox") === undefined ? undefined : startFirefox,
    },
  ];
  const missing = kinds.filter(({ start }) => start === undefined).map(({ name }) => name);
  if (missing.length > 0) {
    const message = `LEFT OUT, because this machine has no program for it: ${missing.join(", ")}`;
    if (process.env.CI === "true") throw new Error(message);
    console.error(message);
  }
  return kinds.filter((kind): kind is RuntimeKind => kind.start !== undefined);
}

/** A runtime without `start` if this machine has no program for it. */
interface MaybeKind extends Omit<RuntimeKind, "start"> {
  readonly start: RuntimeKind["start"] | undefined;
}

function child(name: string, path: string | undefined, ...args: string[]): MaybeKind {
  const start = path === undefined ? undefined : async () => new ChildRuntime([path, ...args]);
  return { name, isBrowser: false, start };
}
