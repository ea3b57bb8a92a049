import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "./documents.ts";

/** Among the packages, so that the programs find `sluice` as its users do: built, by its name and its `exports`. */
const FOLDER = join(ROOT, "node_modules/.cache/sluice/docs");
const PRELUDE = "prelude.d.ts";

/** A program that stands in a text. */
export interface Program {
  /** Names its file: letters, digits and hyphens. */
  readonly name: string;
  readonly code: string;
}

/** What became of some programs. */
export interface Compiled {
  /** What the compiler says of each that has errors. */
  readonly errors: ReadonlyMap<string, string>;
  /** The JavaScript file of a program. */
  fileOf(name: string): string;
}

/**
 * Compiles programs, each a module of its own, against the built package. With `prelude` they may use the names that the guide
 * says it takes for granted; without it they must stand for themselves.
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
      // A program in a text may show what one gets and do nothing with it.
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
