import { checkNames, checkNumber, invalidOption } from "../base/checks/check-option.ts";
import type { SourceContext } from "../index.ts";
import type { ParsedEvent } from "../protocol/parser.ts";
import { checkHeaders } from "./check-headers.ts";
import { readEventStream } from "./read-event-stream.ts";
import { checkTimeout, inTime } from "./time-limit.ts";

/** Options of {@link collect}. */
export interface CollectOptions {
  /** Sets request headers, if the source is a URL. Default: none besides `accept`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sends this position, if the source is a URL, or passes it to a source function. `""`: none. Default: `""`. */
  readonly lastEventId?: string;
  /** Limits the time for all items together, in ms. `Infinity`: no limit. Default: 4,000. */
  readonly timeout?: number;
}

/** The sources from which {@link collect} takes items: an iterable, a source function, a URL, or a `Response`. */
export type Collectable =
  | AsyncIterable<unknown>
  // biome-ignore lint/suspicious/noExplicitAny: a function may ask for the request type of any framework
  | ((context: SourceContext<any>) => AsyncIterable<unknown> | null | PromiseLike<AsyncIterable<unknown> | null>)
  | string
  | URL
  | Response;

/** The items of a source: parsed events of a URL or a `Response`, else the values of the iterable. */
export type Collected<Source> = Source extends string | URL | Response
  ? ParsedEvent
  : Source extends AsyncIterable<infer Item>
    ? Item
    : Source extends (context: never) => infer Made
      ? Awaited<Made> extends AsyncIterable<infer Item> | null
        ? Item
        : never
      : never;

/**
 * Resolves to the items of a source until there are `until` items, or until `until` returns true for one, which is the
 * last item. Then ends the source. Resolves to fewer items if the source ends earlier. A subscription begins at the
 * moment of this call, so it receives every event that is published after it.
 *
 * ```ts
 * const collected = collect(orders.subscribe({ topics: ["user:ada"] }), ({ type }) => type === "paid");
 * await placeOrder("ada");
 * expect((await collected).map(({ type }) => type)).toEqual(["placed", "paid"]);
 * ```
 *
 * Rejects if the items do not come in time, if the source throws, or if the answer of a URL is no event stream. Throws
 * `INVALID_OPTION`.
 */
export function collect<Source extends Collectable>(
  source: Source,
  until: number | ((item: Collected<Source>, items: readonly Collected<Source>[]) => boolean | PromiseLike<boolean>),
  options: CollectOptions = {},
): Promise<Collected<Source>[]> {
  checkNames("collect", options, ["headers", "lastEventId", "timeout"]);
  checkHeaders(options.headers);
  const { lastEventId = "" } = options;
  if (typeof lastEventId !== "string") throw invalidOption("lastEventId", "a string", lastEventId);
  const timeout = checkTimeout(options.timeout);
  if (typeof until !== "function" && typeof until !== "number") throw invalidOption("until", USAGE, until);
  const count = typeof until === "number" ? checkNumber("until", until, 0, { whole: true }) : Number.POSITIVE_INFINITY;
  const isLast = typeof until === "number" ? () => false : until;
  const controller = new AbortController();
  const iterator = iteratorOf(source, options, controller.signal) as AsyncIterator<Collected<Source>>;
  const items: Collected<Source>[] = [];

  const gather = async () => {
    while (items.length < count) {
      const result = await iterator.next();
      if (result.done === true) return items;
      items.push(result.value);
      if (await isLast(result.value, items)) return items;
    }
    return items;
  };
  const expected = typeof until === "number" ? `${count} items` : "an item that fulfils the condition";
  return inTime(timeout, gather(), () => `Expected ${expected}, but got ${items.length}`).finally(() => {
    controller.abort();
    // Do not await this: a generator that waits for an event returns only when the event comes.
    void iterator.return?.().catch(() => undefined);
  });
}

const USAGE = "a number of items, or a function that returns true for the last one";

function iteratorOf(source: Collectable, options: CollectOptions, signal: AbortSignal): AsyncIterator<unknown> {
  if (typeof source === "function") return made(source, options, signal);
  if (isAsyncIterable(source)) return source[Symbol.asyncIterator]();
  if (typeof source === "string" || "href" in Object(source) || "headers" in Object(source))
    return received(source, options, signal);
  throw invalidOption("source", "an async iterable, a source function, a URL or a Response", source);
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

async function* made(
  source: Extract<Collectable, (context: never) => unknown>,
  { headers = {}, lastEventId = "" }: CollectOptions,
  signal: AbortSignal,
): AsyncGenerator<unknown> {
  const request = new Request("http://localhost/", { headers });
  const iterable = await source({ signal, lastEventId: lastEventId === "" ? undefined : lastEventId, request });
  if (iterable === null) return;
  if (!isAsyncIterable(iterable)) throw invalidOption("source", "a function that returns an async iterable", iterable);
  yield* iterable;
}

async function* received(
  source: string | URL | Response,
  { headers = {}, lastEventId = "" }: CollectOptions,
  signal: AbortSignal,
): AsyncGenerator<ParsedEvent> {
  // The time limit of `collect()` aborts the signal.
  yield* await readEventStream(source, { headers, lastEventId, signal, timeout: Number.POSITIVE_INFINITY });
}
