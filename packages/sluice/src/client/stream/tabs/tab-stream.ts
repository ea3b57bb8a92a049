import type { ParsedEvent } from "../../../protocol/parser.ts";
import type { RequestOptions } from "../../connection/request.ts";
import type { AttemptEnd, EventStreamError, Superseder } from "../attempt/attempt-end.ts";
import type { KeptPosition, PersistSettings } from "../keep-position.ts";
import type { PlanSettings } from "../plan.ts";
import type { ShortSettings, useShortStreams } from "../short-streams.ts";
import type { EventStreamOptions, Sharing, StreamErrorContext, StreamState } from "../stream-options.ts";

/** The globals by which tabs share. */
export interface World {
  readonly navigator?: { readonly locks?: LockManager | undefined } | undefined;
  readonly BroadcastChannel?: typeof BroadcastChannel | undefined;
  readonly document?: Pick<Document, "visibilityState"> | undefined;
}

/** The loop of a stream, or of one of its connections. */
export interface TabLoop {
  state: StreamState;
  lastEnd?: AttemptEnd | undefined;
  run(): Promise<void>;
  renew(by: Superseder): void;
  pause(isPaused: boolean, by: Superseder): void;
  finish(end: AttemptEnd, failure?: EventStreamError): void;
}

/** The owner of a loop. */
export interface TabOwner {
  changed(state: StreamState): void;
  finished(end: AttemptEnd, failure: EventStreamError | undefined): void;
  failed(error: unknown, stage: StreamErrorContext["stage"]): void;
  kept?: KeptPosition | undefined;
  /** True once the code that adapts the stream has begun. */
  isAccompanied?: boolean;
}

/** The part of a delivery that a connection uses. */
export interface TabReceiver {
  given: string;
  isComplete: boolean;
  isOpened?: boolean;
  take(event: ParsedEvent): void;
  settled(): Promise<void>;
  pass(lastEventId: string): void;
  drop(): void;
}

/** The settings of a stream that may share. */
export interface TabSettings
  extends RequestOptions,
    ShortSettings,
    PersistSettings,
    PlanSettings,
    Pick<EventStreamOptions, "shareKey" | "headers" | "body" | "method"> {
  readonly gapEvent: string;
  readonly shareAcrossTabs: boolean;
  readonly pauseWhenHidden: boolean;
  readonly connectTimeout: number;
  readonly silenceTimeout: number;
  readonly maxEventBytes: number;
  readonly stableAfter: number;
  readonly url: () => Promise<URL>;
  isStale?: () => boolean;
}

/** The parts of a stream in one tab. They are described here, because their modules load this one. */
export interface TabStream {
  readonly loop: TabLoop;
  readonly settings: TabSettings;
  readonly delivery: TabReceiver;
  readonly owner: TabOwner;
  /** Creates the loop of a connection. */
  readonly create: (settings: TabSettings, delivery: TabReceiver, owner: TabOwner) => TabLoop;
  readonly useShort: typeof useShortStreams;
  /** Shows the part of this tab. */
  readonly shown: { sharing: Sharing };
  readonly world: World;
}

/** A connection that ends for good, or whose state has changed. */
export interface ConnectionOwner extends Pick<TabOwner, "finished"> {
  /** True if events without IDs may be lost before the connection begins. It then reports a gap. */
  readonly isUnclear: boolean;
  changed(): void;
}

/** Connects to the server for a stream, and gives the events to `target`. Makes new attempts as any stream does. */
export function connect(
  { create, useShort, owner, settings }: TabStream,
  url: () => Promise<URL>,
  target: TabReceiver,
  { isUnclear, changed, finished }: ConnectionOwner,
): TabLoop {
  const { given } = target;
  if (isUnclear) {
    const gap = { reason: "no-id", lastEventId: given, resumesAfter: given };
    target.take({ type: settings.gapEvent, data: JSON.stringify(gap), lastEventId: given });
  }
  const over = new AbortController();
  const own = { ...settings, url };
  const connection = create(own, target, {
    failed: owner.failed,
    changed: () => changed(),
    finished(end, failure) {
      over.abort();
      finished(end, failure);
    },
  });
  useShort(own, target, connection, over.signal);
  // After the caller has the connection.
  queueMicrotask(connection.run);
  return connection;
}
