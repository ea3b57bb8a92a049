import type { AnyEvents, EventMap } from "../event/kept-event.ts";
import type { DataText } from "./new-entry.ts";
import type { PublishOptions } from "./publish-options.ts";

/** An event for `channel.publishAll()`: its type, its data, and options. A union that narrows on `type`. */
export type PublishedEvent<Events extends EventMap = AnyEvents> = {
  readonly [Type in keyof Events & string]: PublishOptions & { readonly type: Type; readonly data: Events[Type] };
}[keyof Events & string];

/** An event of `channel.publishAll()` at the time of the call: the caller may change the original afterwards. */
export interface Draft {
  readonly event: Partial<PublishedEvent>;
  /** The data as text; a promise if a schema validates asynchronously. */
  readonly text?: DataText | Promise<DataText>;
  /** Why there is no `text`. */
  readonly error?: unknown;
}
