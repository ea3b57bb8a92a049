import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "./documents.ts";

/** Inside node_modules, so that a program finds `sluice` as a user's program does: built, by name and `exports`. */
const FOLDER = join(ROOT, "node_modules/.cache/sluice/docs");
const PRELUDE = "prelude.d.ts";

/** A program in a document. */
export interface Program {
  /** The name of its file: letters, digits and hyphens. */
  readonly name: string;
  readonly code: string;
}

/** Programs after compilation. */
export interface Compiled {
  /** The compiler's output for each program that has errors. */
  readonly errors: ReadonlyMap<string, string>;
  /** Returns the path of a program's JavaScript file. */
  fileOf(name: string): string;
}

/**
 * Compiles programs against the built package, each as a module of its own. With `prelude` a program may use the names
 * that the guide introduces; without it a program must be complete.
 */
export function compile(
  group: string,
  programs: readonly Program[],
  { prelude }: { readonly prelude: boolean },
): Compiled {
  const folder = join(FOLDER, group);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  if (prelude) copyFileSync(fileURLToPath(new URL(PRELUDE, import.meta.url)), join(folder, PRELUDE));
  for (const { name, code } of programs) writeFileSync(join(folder, `${name}.ts`), `${code}\nexport {};\n`);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const config = {
    extends: join(ROOT, "tsconfig.base.json"),
    files: [...(prelude ? [PRELUDE] : []), ...programs.map(({ name }) => `${name}.ts`)],
    compilerOptions: {
      outDir: "js",
      rootDir: ".",
      // A program in a document may declare a value only to show it.
      noUnusedLocals: false,
      noUnusedParameters: false,
      isolatedDeclarations: false,
      declaration: false,
      declarationMap: false,
      experimentalDecorators: true,
    },
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config, null, 2));

  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, "-p", folder, "--pretty", "false"], {
    cwd: folder,
    encoding: "utf8",
  });
  const errors = new Map<string, string>();
  let current: string | undefined;
  for (const line of stdout.split("\n")) {
    current = /^([\w-]+)\.ts\(\d+,\d+\): /.exec(line)?.[1] ?? (line.startsWith(" ") ? current : undefined);
    if (current !== undefined) errors.set(current, `${errors.get(current) ?? ""}${line}\n`);
  }
  if (status !== 0 && errors.size === 0) throw new Error(`The compiler failed:\n${stdout}${stderr}`);
  return { errors, fileOf: (name) => join(folder, "js", `${name}.js`) };
}
