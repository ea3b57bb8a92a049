import { onTestFinished } from "vitest";
import { createSluice, type Sluice, type SluiceOptions, sharedSluice } from "../../../src/index.ts";
import type { EventStreamReader } from "../../../src/testing/index.ts";
import { readEventStream } from "../../support/patient-testing.ts";
import { startServer } from "../../support/test-server.ts";
import { until } from "../../support/until.ts";

/** For a busy machine. */
const TIMEOUT_MS = 60_000;

let last = 0;

/** A module that defines a shared Sluice. Each call of `load` stands for an evaluation of the module. */
export class ReloadedModule {
  readonly key = `test-${++last}`;
  #newest: Sluice | undefined;

  /** Evaluates the module. `make` is a new function each time, as in a module that was loaded again. */
  load(options: SluiceOptions = {}): Sluice {
    return this.define(() => createSluice(options));
  }

  define(make: () => Sluice): Sluice {
    this.#newest = sharedSluice(this.key, make);
    return this.#newest;
  }

  close(): Promise<void> | undefined {
    return this.#newest?.close();
  }
}

/** Serves streams of the source that `answer` returns for a Sluice. Resolves to the URL. */
export async function serve(answer: () => [Sluice, Parameters<Sluice["stream"]>[2]]): Promise<string> {
  const server = await startServer((request, response) => {
    const [sluice, source] = answer();
    void sluice.stream(request, response as never, source);
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  return `http://127.0.0.1:${server.port}`;
}

/** Opens a stream for the time of the test. */
export async function open(url: string, lastEventId?: string): Promise<EventStreamReader> {
  const stream = await readEventStream(url, {
    timeout: TIMEOUT_MS,
    ...(lastEventId !== undefined && { lastEventId }),
  });
  onTestFinished(() => stream[Symbol.asyncDispose]());
  return stream;
}

/** Resolves when the stream has ended. */
export async function ended(stream: EventStreamReader): Promise<void> {
  await until("the stream has ended", async () => (await stream.next().catch(() => undefined)) === undefined);
}
