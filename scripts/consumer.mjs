// @ts-check
/** A project that uses the built package `sluice`, as an application does: for checks of its declarations. */
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./programs/programs.mjs";

const PACKAGE = join(ROOT, "packages/sluice");
const PROGRAM = join(PACKAGE, "test/types/cases/consumer/program.ts");
const MODULES = join(ROOT, "node_modules");

/**
 * Makes the project in an empty folder: the package and its optional peers in `node_modules`, and a program as
 * `program.cts` and `program.mts`.
 * @param {string} folder
 */
export function makeConsumer(folder) {
  const own = join(folder, "node_modules/sluice");
  rmSync(own, { recursive: true, force: true });
  mkdirSync(own, { recursive: true });
  for (const name of ["package.json", "dist"]) cpSync(join(PACKAGE, name), join(own, name), { recursive: true });
  for (const name of readdirSync(MODULES))
    if (name !== "sluice" && !name.startsWith("."))
      symlinkSync(join(MODULES, name), join(folder, "node_modules", name));
  for (const kind of ["cts", "mts"]) cpSync(PROGRAM, join(folder, `program.${kind}`));
}

/**
 * Writes a project for the compiler, and returns its path.
 * @param {string} folder
 * @param {string} module the compiler option
 * @param {{ types: string[], lib: string[] }} options
 */
export function writeProject(folder, module, { types, lib }) {
  const compilerOptions = { module, types, lib, target: "es2022", strict: true, noEmit: true, skipLibCheck: false };
  const path = join(folder, `tsconfig.${module}.${types.join("-") || "none"}.json`);
  writeFileSync(path, JSON.stringify({ compilerOptions, files: ["program.cts", "program.mts"] }));
  return path;
}

/** Kinds of modules under which a CommonJS file may import the package. */
export const MODULE_KINDS = ["node16", "node18", "nodenext"];
/** The types and names of a program on Node, and of one without the types of Node. */
export const HOSTS = [
  { types: ["node"], lib: ["es2022"] },
  { types: [], lib: ["es2022", "dom", "dom.iterable"] },
];
