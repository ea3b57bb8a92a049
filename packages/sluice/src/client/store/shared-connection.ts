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

/**
 * A member of a connection: its user, a listener that is called after each change, and a function that receives each
 * event. The connection is open while a member has a listener.
 */
type Member = readonly [
  user: ConnectionUser,
  listener: (() => void) | undefined,
  apply: ((event: StreamEvent) => void) | undefined,
];

/** The event stream of all users that name the same stream. */
export interface SharedConnection {
  getSnapshot(): StreamSnapshot;
  /** Returns the request whose functions the stream uses: of the user that joined last. */
  current(): StreamRequest;
  /** Adds a member. Opens the stream if the member has a listener. Returns a function that removes the member. */
  add(member: Member): () => void;
  reconnect(): void;
}

/** How long a connection stays open without a listener, in ms: a component that mounts again finds it open. */
const GRACE_MS = 1_000;

/** The snapshot of a stream that has not connected yet. */
export const FIRST_SNAPSHOT: StreamSnapshot = { state: "connecting", error: undefined };

/**
 * All connections that have members. State of the module, since components that name the same stream share nothing else
 * (docs/decisions/088-components-share-a-stream.md).
 */
const connections = new Set<SharedConnection>();

/** A value that may be a function, which has `call`, or a text, which has a first character unless it is empty. */
// biome-ignore lint/suspicious/noExplicitAny: any type
type Tested = any;

/**
 * Returns the connection of a user, else the connection that its request names; `undefined` if there is none.
 *
 * Two closures over two users' tokens look alike. Other functions name the same stream only if a text names the user,
 * and no function decides which events arrive or belongs to one component: docs/decisions/098-a-text-names-the-user.md.
 */
export function findConnection({ connection, current }: Tested): SharedConnection | undefined {
  if (connections.has(connection)) return connection;
  return [...connections].find((each) =>
    isSame(
      each.current(),
      current,
      current.shareKey?.[0] &&
        !(current.body?.call || current.url.call || current.until?.call || current.onGap || current.signal),
    ),
  );
}

/**
 * Adds a member to the connection that the user's request names. With a listener, opens it. Returns a function that
 * removes the member.
 */
export function joinConnection(user: ConnectionUser, listener?: () => void, apply?: Member[2]): () => void {
  user.connection = findConnection(user) ?? createConnection(user);
  return user.connection.add([user, listener, apply]);
}

function createConnection(last: ConnectionUser): SharedConnection {
  const members = new Set<Member>();
  /** The newest stream, also after it was closed: it knows the position. */
  let stream: EventStream | undefined;
  let isOpen = false;
  let snapshot = FIRST_SNAPSHOT;
  let timer: ReturnType<typeof setTimeout>;

  /** The last member is the newest. After it has left as the last one, its request stands for it. */
  function current(): StreamRequest {
    for (const [user] of members) last = user;
    return last.current;
  }

  /** Changes the snapshot, passes an event on, and calls the listeners. */
  function change(part: Partial<StreamSnapshot>, event?: StreamEvent): void {
    snapshot = { ...snapshot, ...part };
    for (const [, listener, apply] of members) {
      try {
        if (event) apply?.(event);
        listener?.();
      } catch (error) {
        (current().onError ?? console.error)(error, { stage: "listener" });
      }
    }
  }

  function open(): void {
    const options: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(current())) {
      options[name] = (value as Tested)?.call
        ? (...args: unknown[]) => {
            const { [name]: newest } = current() as unknown as Record<string, (...args: unknown[]) => unknown>;
            return newest!(...args);
          }
        : value;
    }
    const { url, until, ...rest } = options as unknown as StreamRequest;
    const opened = openEventStream(url, {
      ...rest,
      lastEventId: stream?.lastEventId || rest.lastEventId,
      // Is called with each event of any type, in the turn in which it arrives.
      until(event) {
        // Without data, the event was skipped.
        if (event.data !== undefined) change({ lastEvent: event }, event);
        return (until as Tested)?.call ? (until as Tested)(event) : [until].flat().includes(event.type);
      },
    });
    stream = opened;
    isOpen = true;
    // Also the consumer without which events would wait.
    opened.on(rest.gapEvent ?? "gap", (gap) => change({ gap: gap as StreamGap }));
    opened.onStateChange(async (state) => {
      if (!isOpen || stream !== opened) return;
      const next = () => opened[Symbol.asyncIterator]().next();
      // A new iteration throws the failure, if there is one.
      const error =
        state === "closed"
          ? await opened.closed.then(next).then(
              () => undefined,
              (failure) => failure,
            )
          : undefined;
      change({ state, error });
    });
  }

  const connection: SharedConnection = {
    getSnapshot: () => snapshot,
    current,
    add(member) {
      if (member[1] && !isOpen) open();
      members.add(member);
      return () => {
        members.delete(member);
        clearTimeout(timer);
        timer = setTimeout(() => {
          if (!members.size) connections.delete(connection);
          for (const [, listener] of members) if (listener) return;
          isOpen = false;
          stream?.close();
          change(FIRST_SNAPSHOT);
        }, GRACE_MS);
      };
    },
    reconnect() {
      if (snapshot.state === "closed") {
        open();
        change(FIRST_SNAPSHOT);
      } else stream?.reconnect();
    },
  };
  connections.add(connection);
  return connection;
}
