import { AsyncLocalStorage } from "node:async_hooks";
import { onTestFinished, vi } from "vitest";
import type * as Core from "../../src/index.ts";

/** A request of the emulated workerd: its timers die with it. */
export class WorkerRequest {
  readonly timers = new Set<NodeJS.Timeout>();
  isOver = false;

  /** Drops the request, as workerd does when its client has left. It aborts no signal and cancels no body. */
  drop(): void {
    this.isOver = true;
    for (const timer of this.timers) clearTimeout(timer);
  }
}

/** Rules of Cloudflare's workerd by which an object belongs to a request. Node has the rest. */
export class Workerd {
  readonly #requests = new AsyncLocalStorage<WorkerRequest>();
  readonly #setTimeout = globalThis.setTimeout;

  /** Loads Sluice anew in the emulated runtime, until the end of the test. */
  async load(): Promise<typeof Core> {
    const requests = this.#requests;
    const start = this.#setTimeout;
    vi.stubGlobal("navigator", { userAgent: "Cloudflare-Workers" });
    vi.stubGlobal("setImmediate", undefined);
    // Without the flag nodejs_compat, workerd has no modules of Node. Sluice would leave the emulated request by them.
    vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined);
    vi.stubGlobal("setTimeout", (callback: () => void, ms: number) => {
      const request = requests.getStore();
      // Timers of Vitest and of the runtime itself.
      if (request === undefined) return start(callback, ms);
      const timer = start(() => {
        request.timers.delete(timer);
        callback();
      }, ms);
      if (request.isOver) clearTimeout(timer);
      else request.timers.add(timer);
      return timer;
    });
    vi.stubGlobal("WebSocketPair", socketPair(requests));
    vi.resetModules();
    onTestFinished(() => {
      vi.unstubAllGlobals();
      vi.restoreAllMocks();
      vi.resetModules();
    });
    return import("../../src/index.ts");
  }

  /** The request that runs. */
  get current(): WorkerRequest | undefined {
    return this.#requests.getStore();
  }

  /** Runs `handle` in a request. */
  async run<T>(handle: () => Promise<T>, request: WorkerRequest = new WorkerRequest()): Promise<T> {
    return this.#requests.run(request, handle);
  }
}

/** Returns the class of socket pairs, which belong to the request that makes them. */
function socketPair(requests: AsyncLocalStorage<WorkerRequest>): new () => object {
  return class {
    readonly #owner = requests.getStore();

    get 0() {
      const owner = this.#owner;
      return {
        get readyState() {
          if (requests.getStore() === owner) return 1;
          throw new Error("Cannot perform I/O on behalf of a different request.");
        },
      };
    }
  };
}
