/**
 * A framework under test. `fixtures/NAME/fixture.mjs` exports it as `fixture`. If several share a folder, it exports
 * `fixtures`, an object with the name of each.
 */
export interface Fixture {
  /** The name in README's table. */
  readonly title: string;
  /** The page of docs/frameworks whose code the fixture runs. */
  readonly page: string;
  /** The packages whose versions the table shows; the framework first. A runtime counts as a package. */
  readonly packages: readonly string[];
  /** How to run it in each mode that the framework has. */
  readonly modes: Readonly<Partial<Record<ModeName, Mode>>>;
  /** Lower-case names of the headers that its middleware puts on every answer. */
  readonly headers: readonly string[];
  /** The protocol that the fixture speaks. Default: `"http"`. `"https2"`: HTTP/2 over TLS, with any certificate. */
  readonly protocol?: "http" | "https2";
  /** A warning that the framework prints in every configuration. Default: none. */
  readonly notice?: RegExp;
  /** Steps of this framework alone. They run first, and are no columns of the table. Default: none. */
  readonly steps?: readonly import("../probe/steps.mjs").Step[];
  /** The end of the table's row, e.g. "emulated". Default: none. */
  readonly remark?: string;
  /** Longest time until the server notices that a client has left, in ms. Default: 6,000. */
  readonly noticeTimeout?: number;
  /** Writes files besides those of the page and of the folder `project`, e.g. a certificate. Default: none. */
  readonly prepare?: (folder: string, mode: ModeName) => void | Promise<void>;
}

export type ModeName = "development" | "production";

/**
 * Commands run in a copy of the project. The first word is `node`, `node-newest`, `bun` or `deno`, or a program of
 * `node_modules/.bin`. The server listens on `127.0.0.1` and the port of the environment variable `PORT`.
 */
export interface Mode {
  /** Lower-case names of further headers that this mode's middleware puts on every answer. Default: none. */
  readonly headers?: readonly string[];
  /** True if JSON answers are compressed for a client that accepts gzip. Default: false. */
  readonly compresses?: boolean;
  /**
   * True if `GET /api/failing` is a stream whose source throws an error with the status 418, which the application
   * answers with `{ handled: "Failing." }`. Default: false.
   */
  readonly fails?: boolean;
  /** Commands that build the project. Default: none. */
  readonly build?: readonly (readonly string[])[];
  /** The command that starts the server; `%PORT%` in a word stands for the port. */
  readonly start: readonly string[];
  /** Variables of the environment of all commands. Default: none. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * How the server reacts to a saved file. `"restarts"`: it starts its process again. `"keeps"`: it replaces the module
   * in its process, and streams of an unchanged Sluice stay open. Default: it does not react.
   */
  readonly reload?: "restarts" | "keeps";
  /** Steps that do not apply, because the platform has no such thing. Default: none. */
  readonly without?: readonly string[];
}

/** A fixture with its name and its folder. */
export interface NamedFixture extends Fixture {
  readonly name: string;
  readonly folder: string;
}
