/** A program that some test suites need. */
export interface Program {
  /** Its name in tests: `programPath("chromium")`. */
  readonly name: string;
  /** The suites that are skipped without it. */
  readonly suites: readonly string[];
  /** A variable of the environment that may name the binary to use: another version, for example. */
  readonly variable?: string;
  /** The names it may have on PATH. */
  readonly commands: readonly string[];
  /** Paths to try if it is not on PATH. */
  readonly locations?: readonly string[];
  /** The Debian packages that install it. */
  readonly packages?: readonly string[];
  /** True if tests run without it, also if CI=true. The run prints that it is left out. */
  readonly isOptional?: boolean;
  /** The npm packages of runtimes/ that contain it, and the path of the binary in them. */
  readonly runtime?: readonly [packages: RegExp, binary: string];
}

/** The root folder of the repository. */
export declare const ROOT: string;
export declare const PROGRAMS: readonly Program[];

/**
 * Returns the npm packages that contain a runtime, each with its locked version and, if npm installed it, the installed
 * version.
 */
export declare function runtimePackages(
  program: Program,
): { path: string; version: string | undefined; installed: string | undefined }[];

/** Searches for a program, and returns its path. A path that its `variable` names goes before all others. */
export declare function locateProgram(program: Program): string | undefined;

/** Searches for every program, and records the paths for the tests. */
export declare function recordPrograms(): Record<string, string | null>;

/**
 * Returns the path of a program, or `undefined` if this machine does not have it. Skip the suite then, with
 * `describe.skipIf(programPath("chromium") === undefined)`.
 */
export declare function programPath(name: string): string | undefined;

/** Returns the programs that this machine does not have. */
export declare function missingPrograms(): Program[];
