/** A program that some test suites run against. */
export interface Server {
  /** What tests call it: `serverPath("chromium")`. */
  readonly name: string;
  /** The suites that are left out without it. */
  readonly suites: readonly string[];
  /** The names it may have on PATH. */
  readonly commands: readonly string[];
  /** Where else it may be. */
  readonly places?: readonly string[];
  /** The Debian packages that bring it. */
  readonly packages?: readonly string[];
  /** The npm packages of runtimes/ that bring it, and the binary's place in them. */
  readonly runtime?: readonly [packages: RegExp, binary: string];
}

export declare const ROOT: string;
export declare const SERVERS: readonly Server[];

/** The npm packages that hold a runtime: the locked version and, if npm installed it here, the installed one. */
export declare function runtimePackages(
  server: Server,
): { path: string; version: string | undefined; installed: string | undefined }[];

/** Looks for a program now. */
export declare function locate(server: Server): string | undefined;

/** Finds every program and writes down where, for the tests. */
export declare function recordServers(): Record<string, string | null>;

/**
 * Where a program is, or `undefined` when this machine does not have it: leave the suite out then, with
 * `describe.skipIf(serverPath("chromium") === undefined)`.
 */
export declare function serverPath(name: string): string | undefined;

/** The programs this machine does not have. */
export declare function missingServers(): Server[];
