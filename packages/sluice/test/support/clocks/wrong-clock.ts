import { spawnSync } from "node:child_process";
import { programPath } from "../../../../../scripts/programs/programs.mjs";

/** The path of Debian's faketime; `undefined` if this machine does not have it. */
export const FAKETIME: string | undefined = programPath("faketime");

/**
 * Returns the environment of a process whose wall clock is `seconds` ahead of this machine's clock, or behind if the
 * number is negative. The monotonic clock stays right, as on a machine whose clock was set wrongly. A library replaces
 * the calls that read the clock. A killed `faketime` would leave its child running, so it only names the library here.
 */
export function wrongClock(seconds: number): NodeJS.ProcessEnv {
  const { stdout } = spawnSync(FAKETIME!, ["-m", "-f", "+0", "printenv", "LD_PRELOAD"], { encoding: "utf8" });
  const offset = `${seconds < 0 ? "" : "+"}${seconds}`;
  return { LD_PRELOAD: stdout.trim(), FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: "1" };
}
