import type { Browser } from "playwright-core";

/** Launches Chromium for a test. Throws if this machine does not have it. */
export declare function launchChromium(): Promise<Browser>;
/** Flags of the command line. */
export declare const CHROMIUM_FLAGS: readonly string[];
