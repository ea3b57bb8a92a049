/** A value that is likely to be passed in place of a source, and what to pass instead. */
interface Mistake {
  readonly is: (value: unknown) => boolean;
  readonly hint: string;
}

/** In the order in which they are tried. */
const MISTAKES: readonly Mistake[] = [
  {
    is: (value) => hasMethod(value, "subscribe") && hasMethod(value, "publish") && hasMethod(value, "history"),
    hint: "A channel is not a source: pass `channel.subscribe()`.",
  },
  {
    is: (value) => hasMethod(value, "start") && hasMethod(value, "progress"),
    hint: "Pass the stream of one job: `jobs.progress(id)`.",
  },
  {
    is: (value) => hasField(value, "id") && (hasField(value, "published") || hasField(value, "startedAt")),
    hint: "Pass the stream of the job: `jobs.progress(job.id)`.",
  },
  {
    is: (value) => hasMethod(value, "then"),
    hint: "Await the promise, or pass a function that returns it: `() => promise`.",
  },
  {
    is: (value) => hasMethod(value, "subscribe"),
    hint: "For an Observable, pass an async iterable of it, such as `eachValueFrom()` of the package rxjs-for-await.",
  },
  {
    is: (value) => hasMethod(value, "on") && hasMethod(value, "emit"),
    hint: 'For an EventEmitter, pass `({ signal }) => on(emitter, "event", { signal })`, with `on` of node:events.',
  },
  {
    is: (value) => hasMethod(value, "addEventListener"),
    hint: 'For an EventTarget, pass `({ signal }) => on(target, "event", { signal })`, with `on` of node:events.',
  },
  {
    is: (value) => isIterable((value as { readonly body?: unknown } | null | undefined)?.body),
    hint: "Pass its `body`.",
  },
  {
    is: (value) => typeof value === "string",
    hint:
      "To send a text, pass `async function* () { yield text; }`. For a channel of this name, pass " +
      "`sluice.channel(name).subscribe()`.",
  },
  {
    is: (value) => hasMethod(value, Symbol.iterator),
    hint: "To send each of its values, pass `async function* () { yield* values; }`.",
  },
  { is: (value) => hasMethod(value, "next"), hint: "Pass the async iterable, not its iterator." },
  {
    is: (value) => value === undefined,
    hint: "Pass the source as the third argument of `stream()`, or as the second of `response()`.",
  },
];

/** Completes the message of an error about a source: says what to pass instead of a likely mistake. */
export function addHint(error: unknown, source: unknown): void {
  const isSource = typeof source === "function" || hasMethod(source, "openFeed") || isIterable(source);
  if (isSource || (error as { readonly code?: unknown } | undefined)?.code !== "INVALID_OPTION") return;
  const hint = MISTAKES.find(({ is }) => isTrue(is, source))?.hint;
  if (hint !== undefined) (error as Error).message += ` ${hint}`;
}

function isTrue(is: Mistake["is"], value: unknown): boolean {
  try {
    return is(value);
  } catch {
    // A getter throws.
    return false;
  }
}

function hasField(value: unknown, name: string): boolean {
  return typeof value === "object" && value !== null && name in value;
}

function isIterable(value: unknown): boolean {
  return hasMethod(value, Symbol.asyncIterator) || hasMethod(value, "getReader");
}

/** As in `base/has-method.ts`: this part imports nothing, since the core would be split around a shared module. */
function hasMethod(value: unknown, name: PropertyKey): boolean {
  return (typeof value === "object" || typeof value === "function") && typeof value?.[name as never] === "function";
}
