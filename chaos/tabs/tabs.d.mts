import type { CDPSession, Page } from "playwright-core";

/** A number that a tab has received. Times are in ms since 1970. */
export interface Received {
  readonly n: number;
  readonly user: string;
  readonly at: number;
  readonly receivedAt: number;
}

/** A tab with the page of a `TabSite`. */
export interface SharingTab {
  readonly page: Page;
  readonly cdp: CDPSession;
  sharing(): Promise<"holder" | "follower" | "alone">;
  received(): Promise<Received[]>;
  /** Resolves to the numbers that were published at or after a time. */
  since(time: number): Promise<Received[]>;
  position(): Promise<string>;
  changes(): Promise<unknown[][]>;
  gaps(): Promise<unknown[]>;
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Kills the process of the page. */
  crash(): Promise<void>;
  close(): Promise<void>;
}

/** A real Chromium. */
export interface TabBrowser extends AsyncDisposable {
  /** The open tabs. */
  readonly tabs: Set<SharingTab>;
  /** Opens a tab. Its stream is open when the promise resolves. */
  open(url: string, query?: Record<string, string>): Promise<SharingTab>;
  /** Resolves to the tab that holds the stream. */
  holder(): Promise<SharingTab>;
}

export declare function startTabBrowser(): Promise<TabBrowser>;
export declare function until(what: string, condition: () => boolean | Promise<boolean>, ms?: number): Promise<void>;
export declare function sleep(ms: number): Promise<void>;
export declare function longestWait(received: readonly Received[], since: number): number;
export declare function faultsOf(received: readonly Received[], newest: number): string[];
