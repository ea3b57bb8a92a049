/** An import. A `type` import does not exist at run time; a `dynamic` one is `import("…")`. */
export interface Import {
  readonly specifier: string;
  readonly kind: "value" | "type" | "dynamic";
}

/** Returns every module that `source` names: by `import`, `export … from` and `import("…")`. */
export declare function importsOf(source: string, filename: string): Import[];

/** Returns true if a module does nothing but re-export by name. */
export declare function onlyReexports(source: string, filename: string): boolean;

/** Returns the modules that the file `entry` reaches: files, and external names with the file that imports them. */
export declare function reachable(entry: string): {
  files: string[];
  externals: { specifier: string; importer: string; kind: string }[];
};
