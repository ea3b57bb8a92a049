/** One option, as an interface declares it. */
export interface Option {
  readonly name: string;
  /** Its type, as the source has it. */
  readonly type: string;
  /** Its doc comment without the sentence that states the default. */
  readonly meaning: string;
  /** The default; "required" and its condition; or `undefined` if an optional property's comment states neither. */
  readonly default: string | undefined;
}

/** An interface of the package's sources. */
export interface Declaration {
  readonly node: object;
  readonly source: string;
  readonly comments: readonly object[];
}

/** Returns every interface that the sources in a folder export, by name. */
export declare function readInterfaces(folder: string): Map<string, Declaration>;

/** Returns the options of an interface, inherited ones first. */
export declare function optionsOf(interfaces: Map<string, Declaration>, name: string): Option[];

/** Takes the sentence that states the default out of a doc comment. */
export declare function splitComment(comment: string): {
  readonly meaning: string;
  readonly default: string | undefined;
};
