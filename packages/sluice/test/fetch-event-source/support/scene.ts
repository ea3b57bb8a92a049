import { afterEach, beforeEach, vi } from "vitest";
import type { ScriptedServer } from "../../../src/testing/index.ts";
import { until } from "../../support/until.ts";
import { type Implementation, type Init, MICROSOFT, Page, SLUICE } from "./implementations.ts";

/** Time for what must not happen, in ms. */
const WHILE_MS = 400;
/** A pause, in ms. */
export const PAUSE_MS = 40;

/** A call of a package. */
export interface Call {
  /** `"resolved"`, `"rejected"`, or `""` while it is pending. */
  settled: string;
  readonly controller: AbortController;
}

/** The page of a test, and its calls, which end with the test. */
export interface Scene {
  page: Page;
  start(implementation: Implementation, input: RequestInfo, init?: Init): Call;
}

/** Gives each test of the file a page of its own. */
export function useScene(): Scene {
  let calls: Call[] = [];
  let isOver = false;

  const scene: Scene = {
    page: undefined as unknown as Page,
    start({ fetchEventSource }, input, init = {}) {
      const call: Call = { settled: "", controller: new AbortController() };
      calls.push(call);
      const onerror: Init["onerror"] = (error) => {
        if (isOver) throw error;
        return init.onerror?.(error);
      };
      fetchEventSource(input, { signal: call.controller.signal, ...init, onerror }).then(
        () => (call.settled = "resolved"),
        () => (call.settled = "rejected"),
      );
      return call;
    },
  };
  beforeEach(() => {
    scene.page = new Page();
    calls = [];
    isOver = false;
  });
  afterEach(async () => {
    isOver = true;
    for (const { controller } of calls) controller.abort();
    // Aborted calls of the Microsoft package may go on. The error of their next retry ends them.
    await sleep(PAUSE_MS);
    vi.unstubAllGlobals();
  });
  return scene;
}

/** Runs a scenario with both packages. Returns the results: of the Microsoft package, and of Sluice. */
export async function both<Result>(
  scenario: (implementation: Implementation) => Promise<Result>,
): Promise<[Result, Result]> {
  return [await scenario(MICROSOFT), await scenario(SLUICE)];
}

/** Resolves once the condition holds. If it is not expected, resolves after the time for what must not happen. */
export async function orNever(isExpected: boolean, condition: () => boolean): Promise<void> {
  if (isExpected) return until("it happens", condition);
  const end = performance.now() + WHILE_MS;
  while (!condition() && performance.now() < end) await sleep(5);
}

/** Returns the number of open connections. */
export function openIn({ connections }: ScriptedServer): number {
  return connections.filter(({ isClosed }) => !isClosed).length;
}

/** Resolves after `ms` milliseconds. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
