import { execFileSync } from "node:child_process";
import { mkdir } from "node:fs/promises";

/** A file system of its own, which can get full. */
export interface SmallDisk extends Disposable {
  /** `size` as mount takes it: `8m`. */
  resize(size: string): void;
}

/** Makes one in memory, at a path that is not there yet; `undefined` where this user may not mount a file system. */
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
