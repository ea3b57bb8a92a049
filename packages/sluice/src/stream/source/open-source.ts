import { invalidOption } from "../../base/checks/check-option.ts";
import { hasMethod } from "../../base/has-method.ts";
import { channelsOf } from "../channels-of.ts";
import type { Feed, FeedSource, SourceContext } from "../feed.ts";
import { runInStream } from "./current-stream.ts";
import { discard } from "./discard.ts";
import { readableSource } from "./readable-source.ts";
import { isIterable, type Made, type Source } from "./source.ts";
import { SourceFeed, type SourceFeedOptions } from "./source-feed.ts";
import { addHint } from "./source-hint.ts";

/** Makes the feed of a stream. Returns `null` if nothing is left to stream. Sets the channels of `pending`. */
export function openSource(
  source: Source,
  context: SourceContext,
  options: SourceFeedOptions,
  pending: { channels: readonly string[] },
): Feed | null | Promise<Feed | null> {
  const made =
    typeof source === "function" ? runInStream(context, () => source(context as SourceContext as never)) : source;
  return hasMethod(made, "then") ? Promise.resolve(made as PromiseLike<Made>).then(feed) : feed(made);

  function feed(made: unknown): Feed | null | Promise<Feed | null> {
    if (made === null) return null;
    if (hasMethod(made, "openFeed")) {
      pending.channels = channelsOf(made as FeedSource);
      const opened = (made as FeedSource).openFeed(context);
      return hasMethod(opened, "then") ? Promise.resolve(opened) : opened;
    }
    if (!isIterable(made)) {
      discard(made, options.onError);
      const expected = "an async iterable, a subscription, or null";
      const error = invalidOption("source()", expected, made);
      addHint(error, made);
      throw error;
    }
    return new SourceFeed(readableSource(made), context, options);
  }
}
