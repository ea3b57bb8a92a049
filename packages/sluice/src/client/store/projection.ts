import { check } from "../stream/check.ts";
import type { EventMap, StreamEvent, StreamEventFields, StreamGap } from "../stream/deliver/stream-event.ts";
import { type ConnectionUser, joinConnection } from "./shared-connection.ts";
import type { Store } from "./store.ts";

/** A type of event that a projection can receive. */
export type ProjectionType<Events extends EventMap> = (keyof Events & string) | "gap";

/** The data of a type of event. */
export type ProjectionData<Events extends EventMap, Type extends string> = Type extends keyof Events
  ? Events[Type]
  : StreamGap;

/** Computes the next state from an event. It must not change the state that it receives. */
export type ProjectionReducer<Events extends EventMap, Type extends string, State, Next> = (
  state: State,
  data: ProjectionData<Events, Type>,
  event: { [Each in Type]: StreamEventFields<Each, ProjectionData<Events, Each>> }[Type],
) => Next;

/** State computed by applying the events of a stream in order. */
export interface Projection<State> extends Store<State> {
  /** @internal The reducer of the next event. */
  readonly latest: { current: (state: State, data: never, event: never) => State };
}

/** Returns the method `project` of a shared stream. */
export function projectorOf(user: ConnectionUser) {
  return (
    type: string | readonly string[],
    reducer: (state: unknown, data: never, event: never) => unknown,
    initialState: unknown,
  ): Projection<unknown> => {
    check(typeof reducer === "function", "listener: function", reducer);
    // The first character of a text, or of the first text of an array.
    check(type?.[0]?.[0], "type: string", type);
    const latest = { current: reducer };
    let state = initialState;
    /** The newest event of the stream that this projection knows. */
    let seen: StreamEvent | undefined;

    function apply(event: StreamEvent): void {
      // Each of several subscribers is a member.
      if (event === seen) return;
      seen = event;
      if ([type].flat().includes(event.type)) state = latest.current(state, event.data as never, event as never);
    }

    return {
      latest,
      getSnapshot: () => state,
      subscribe(listener?: () => void) {
        const leave = joinConnection(user, listener, apply);
        const { lastEvent } = user.connection!.getSnapshot();
        // Events were missed.
        if (lastEvent !== seen) state = initialState;
        seen = lastEvent;
        return leave;
      },
    };
  };
}
