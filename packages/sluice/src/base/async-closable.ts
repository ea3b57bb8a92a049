// Declares the names of explicit resource management for programs whose `lib` has none, such as ES2022. If a newer
// `lib` or `@types/node` declares them too, the declarations merge.
declare global {
  interface SymbolConstructor {
    readonly dispose: unique symbol;
    readonly asyncDispose: unique symbol;
  }
  interface Disposable {
    [Symbol.dispose](): void;
  }
  interface AsyncDisposable {
    [Symbol.asyncDispose](): PromiseLike<void>;
  }
}

/** An object with `close()` that `await using` closes. */
export interface AsyncClosable extends AsyncDisposable {
  close(): Promise<void>;
}
