import type { StreamEvent, StreamGap } from "../stream/deliver/stream-event.ts";
import type { EventStream } from "../stream/event-stream.ts";
import { openEventStream } from "../stream/open-event-stream.ts";
import { isSame, type StreamRequest } from "./same-stream.ts";
import type { StreamSnapshot } from "./store.ts";

/** A user of a connection: a shared stream. */
export interface ConnectionUser {
  /** The newest URL and options of the user. */
  current: StreamRequest;
  /** The last connection. */
  connection?: SharedConnection;
}

/** Called after each change of a connection. */
type Listener = () => void;

/** Receives each event. */
type Apply = (event: StreamEvent) => void;

/** A member of a connection. The connection is open while a member has a listener. */
type Member = readonly [user: ConnectionUser, listener?: Listener, apply?: Apply];

/** The event stream of all users that name the same stream. */
export interface SharedConnection {
  getSnapshot(): StreamSnapshot;
  /** Returns the request whose functions the stream calls: of the user that joined last. */
  current(): StreamRequest;
  /** Adds a member. Opens the stream if the member has a listener. Returns a function that removes the member. */
  add(member: Member): () => void;
  reconnect(): void;
}

type AnyFunction = (...args: unknown[]) => unknown;

/** How long a connection stays open without a listener, in ms: a component that mounts again finds it open. */
const GRACE_MS = 1_000;

/** The snapshot of a stream that has not connected yet. */
export const FIRST_SNAPSHOT: StreamSnapshot = { state: "connecting", error: undefined };

/**
 * All connections that have members. State of the module, since components that name the same stream share nothing else
 * (docs/decisions/088-components-share-a-stream.md).
 */
const connections = new Set<SharedConnection>();

/** Returns the connection of a user, else the connection that its request names; `undefined` if there is none. */
export function findConnection({ connection, current }: ConnectionUser): SharedConnection | undefined {
  if (connections.has(connection!)) return connection;
  return [...connections].find((each) => isSame(each.current(), current, current.shareKey));
}

/**
 * Adds a member to the connection that the user's request names. With a listener, opens it. Returns a function that
 * removes the member.
 */
export function joinConnection(...member: Member): () => void {
  const [user] = member;
  user.connection = findConnection(user) ?? createConnection(user);
  return user.connection.add(member);
}

/** Creates a connection, which the first member registers. */
function createConnection(newest: ConnectionUser): SharedConnection {
  const members = new Set<Member>();
  /** The newest stream, also after it was closed: it knows the position. */
  let stream: EventStream | undefined;
  let isOpen = false;
  let snapshot = FIRST_SNAPSHOT;
  let timer: ReturnType<typeof setTimeout>;

  /** Members are in the order in which they joined. If none is left, the newest known user stays. */
  function current(): StreamRequest {
    for (const [user] of members) newest = user;
    return newest.current;
  }

  /** Changes the snapshot, passes a new event on, and calls the listeners. */
  function change(part: Partial<StreamSnapshot>): void {
    snapshot = { ...snapshot, ...part };
    for (const [, listener, apply] of members) {
      try {
        if (part.lastEvent) apply?.(part.lastEvent);
        listener?.();
      } catch (error) {
        (current().onError ?? console.error)(error, { stage: "listener" });
      }
    }
  }

  /** Opens the stream. It calls the newest functions. */
  function open(): void {
    const { url, ...options } = new Proxy(current(), {
      get: (request, name: keyof StreamRequest) =>
        typeof request[name] === "function"
          ? (...args: unknown[]) => (current()[name] as AnyFunction)(...args)
          : request[name],
    });
    const opened = (stream = openEventStream(url, {
      ...options,
      lastEventId: stream?.lastEventId || options.lastEventId,
    }));
    isOpen = true;
    opened.add({
      listener(data, lastEvent) {
        if (lastEvent.type === (options.gapEvent ?? "gap")) change({ gap: data as StreamGap });
        change({ lastEvent });
      },
    });
    change(FIRST_SNAPSHOT);
    opened.onStateChange(async (state) => {
      // The reason follows the state.
      if (state === "closed") await opened.closed;
      if (isOpen && stream === opened) change({ state, error: opened.error });
    });
  }

  /** Closes the stream if no member has a listener. */
  function closeUnused(): void {
    if (!members.size) connections.delete(connection);
    for (const [, listener] of members) if (listener) return;
    isOpen = false;
    stream?.close();
    change(FIRST_SNAPSHOT);
  }

  const connection: SharedConnection = {
    getSnapshot: () => snapshot,
    current,
    add(member) {
      const [, listener] = member;
      if (listener && !isOpen) open();
      connections.add(connection);
      members.add(member);
      return () => {
        members.delete(member);
        clearTimeout(timer);
        timer = setTimeout(closeUnused, GRACE_MS);
      };
    },
    reconnect() {
      if (snapshot.state === "closed") open();
      else stream?.reconnect();
    },
  };
  return connection;
}
