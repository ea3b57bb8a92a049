/** One module named by another. A `type` import is gone when the program runs; a `dynamic` one is `import("…")`. */
export interface Import {
  readonly specifier: string;
  readonly kind: "value" | "type" | "dynamic";
}

/** Every module that `source` names: by `import`, `export … from` and `import("…")`. */
export declare function importsOf(source: string, filename: string): Import[];

/** Whether a module does nothing but re-export by name. */
export declare function onlyReexports(source: string, filename: string): boolean;

/** The modules that are loaded when the file `entry` is: files, and other names with the file that imports them. */
export declare function reachable(entry: string): {
  files: string[];
  externals: { specifier: string; importer: string; kind: string }[];
};
