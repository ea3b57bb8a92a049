import type * as microsoft from "@microsoft/fetch-event-source";
import { vi } from "vitest";
import * as sluice from "../../../src/fetch-event-source/index.ts";
import { loadMicrosoft } from "./microsoft.ts";

/** A package with the API of `@microsoft/fetch-event-source`. */
export type Implementation = Pick<typeof microsoft, "fetchEventSource" | "EventStreamContentType">;
export type Init = microsoft.FetchEventSourceInit;

export const SLUICE: Implementation = sluice;
export const MICROSOFT: Implementation = loadMicrosoft();

/** A page with the globals that the Microsoft package needs. */
export class Page {
  readonly #document = Object.assign(new EventTarget(), { hidden: false, visibilityState: "visible" });

  constructor() {
    vi.stubGlobal("document", this.#document);
    vi.stubGlobal("window", globalThis);
  }

  hide(): void {
    this.#show(false);
  }

  show(): void {
    this.#show(true);
  }

  #show(isVisible: boolean): void {
    Object.assign(this.#document, { hidden: !isVisible, visibilityState: isVisible ? "visible" : "hidden" });
    this.#document.dispatchEvent(new Event("visibilitychange"));
  }
}
