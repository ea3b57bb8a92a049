// @ts-check
import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { reachable } from "../imports.mjs";
import { ROOT } from "../programs/programs.mjs";
import { run } from "./run.mjs";

const PACKAGE = join(ROOT, "packages/sluice");

/** Checks of the package `sluice` as npm would publish it. */
export const packageChecks = [
  {
    name: "sluice has no runtime dependencies",
    run: () => {
      const manifest = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8"));
      const {
        dependencies = {},
        optionalDependencies = {},
        peerDependencies = {},
        peerDependenciesMeta = {},
      } = manifest;
      const required = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);
      const names = [...Object.keys(dependencies), ...Object.keys(optionalDependencies), ...required];
      if (names.length > 0) throw new Error(`The package depends on ${names.join(", ")}.`);
    },
  },
  {
    name: "every export of sluice has its files",
    run: () => {
      const { exports } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8"));
      const targets = JSON.stringify(exports).match(/\.\/[^"]+(?=")(?!":)/g) ?? [];
      const missing = targets.filter((target) => !existsSync(join(PACKAGE, target)));
      if (missing.length > 0) throw new Error(`Missing: ${missing.join(", ")}`);
    },
  },
  {
    name: "the core loads no module of Node's and no package",
    run: () => {
      const { externals } = reachable(join(PACKAGE, "dist/index.js"));
      const found = externals.map(({ specifier, importer }) => `${relative(PACKAGE, importer)} imports ${specifier}`);
      if (found.length > 0) throw new Error(found.join("\n"));
    },
  },
  { name: "publint", run: () => void run("publint", ["--strict", PACKAGE]) },
  // The declarations for CommonJS stand for ES modules, which `require` loads since Node 20.19. The ignored rules are
  // about an older Node.
  {
    name: "are the types wrong",
    run: () => {
      const ignored = ["--ignore-rules", "cjs-resolves-to-esm", "false-cjs"];
      run("attw", ["--pack", PACKAGE, "--profile", "node16", "--no-color", ...ignored]);
    },
  },
];
