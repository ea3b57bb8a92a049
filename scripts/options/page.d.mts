/** A section of the page: one function and its options. */
export interface Section {
  readonly title: string;
  readonly call: string;
  /** The package entries that export the function; absent for a method. */
  readonly from?: string;
  /** The interface of the options; absent if there are none. */
  readonly options?: string;
}

/** The page's sections, in order. */
export declare const SECTIONS: readonly Section[];

/** Returns the text of docs/options.md. */
export declare function optionsPage(): string;

/** Returns the options, as `Interface.option`, whose comment states neither a default nor that they are required. */
export declare function optionsWithoutDefault(): string[];
