import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const PACKAGE = fileURLToPath(new URL("../../..", import.meta.url));

/** Returns true except for declaration files: more than half of all files, and no runtime loads them. */
function isNoDeclaration(path: string): boolean {
  return !/\.d\.c?ts(\.map)?$/.test(path);
}

/** A copy of the built package in a folder of its own, as a bundler or a package manager may make one. */
export class PackageCopy implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<PackageCopy> {
    const folder = await mkdtemp(join(tmpdir(), "sluice-copy-"));
    await cp(join(PACKAGE, "dist"), join(folder, "dist"), { recursive: true, filter: isNoDeclaration });
    for (const name of ["package.json", "src"]) await symlink(join(PACKAGE, name), join(folder, name));
    await symlink(join(PACKAGE, "../../node_modules"), join(folder, "node_modules"));
    return new PackageCopy(folder);
  }

  /** Imports an entry of the copy: `index.js`. */
  import<Module>(file: string): Promise<Module> {
    return import(/* @vite-ignore */ pathToFileURL(join(this.folder, "dist", file)).href);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.folder, { recursive: true });
  }
}
