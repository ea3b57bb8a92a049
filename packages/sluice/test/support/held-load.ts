import { vi } from "vitest";

/** The modules that open streams, held back until the test releases them. */
export interface HeldLoad extends Disposable {
  /** True once a Sluice waits for them. */
  readonly isAwaited: boolean;
  release(): void;
  /** Lets the load fail. */
  fail(error: Error): void;
}

/** Holds back the modules that open streams from every Sluice that has not loaded them. */
export function holdTransports(): HeldLoad {
  let isAwaited = false;
  let release!: () => void;
  let fail!: (error: Error) => void;
  const released = new Promise<void>((resolve, reject) => {
    release = resolve;
    fail = reject;
  });
  const held = async (path: string) => {
    isAwaited = true;
    await released;
    return vi.importActual<object>(path);
  };
  vi.doMock("../../src/transports/node/open-node-stream.ts", () =>
    held("../../src/transports/node/open-node-stream.ts"),
  );
  vi.doMock("../../src/transports/fetch/open-fetch-stream.ts", () =>
    held("../../src/transports/fetch/open-fetch-stream.ts"),
  );
  return {
    get isAwaited() {
      return isAwaited;
    },
    release,
    fail,
    [Symbol.dispose]() {
      release();
      vi.doUnmock("../../src/transports/node/open-node-stream.ts");
      vi.doUnmock("../../src/transports/fetch/open-fetch-stream.ts");
    },
  };
}
