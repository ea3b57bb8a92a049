import { execFileSync } from "node:child_process";
import { mkdir } from "node:fs/promises";

/** A small file system that a test can fill. */
export interface SmallDisk extends Disposable {
  /** `size` in the notation of `mount`: `8m`. */
  resize(size: string): void;
}

/**
 * Mounts a file system in memory, at a path that does not exist yet. Resolves to `undefined` if this user may not mount
 * file systems.
 */
export async function mountSmallDisk(path: string, size: string): Promise<SmallDisk | undefined> {
  await mkdir(path);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", path], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  return {
    resize: (other) => void execFileSync("mount", ["-o", `remount,size=${other}`, path]),
    [Symbol.dispose]: () => void execFileSync("umount", [path]),
  };
}
