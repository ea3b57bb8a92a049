/** Chooses the form of each request of a stream: long, or short because a proxy holds responses back. */
export interface Form {
  /**
   * Called before each request. Changes its URL. Returns the position that the request sends as a header; `""`: the
   * position is in the query, or there is none.
   */
  ask(url: URL): string;
  /** Returns true if the next short stream follows at once. Called when a short stream has ended. */
  goesOn(): boolean;
}
