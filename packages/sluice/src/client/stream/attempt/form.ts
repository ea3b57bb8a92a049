/** Chooses the form of each request of a stream: long, or short because a proxy holds responses back. */
export interface Form {
  /** Called before each request. Changes its URL. */
  ask(url: URL): void;
  /** Returns true if the next short stream follows at once. Called when a short stream has ended. */
  goesOn(): boolean;
}
