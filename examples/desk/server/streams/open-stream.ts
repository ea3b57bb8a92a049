import type { FastifyReply, FastifyRequest } from "fastify";
import type { Source } from "sluice";
import { sessionOf } from "../auth/ended-sessions.ts";
import { logStreamClosed, logStreamOpened } from "../operation/request-log.ts";

interface HasPosition {
  position(): string | Promise<string>;
}

/** Options of {@link openStream}. */
export interface OpenStreamOptions {
  /** Name of the stream in the request log. */
  readonly name: string;
  /** The channel that the stream reads. Its position at the opening is reported by `GET /api/streams`. */
  readonly channel?: HasPosition;
  /** Event type, for a source that yields plain values. */
  readonly event?: string;
}

/** The desk's description of a stream, which `connections()` returns. */
export interface DeskSubscriber {
  readonly user: string;
  /** The user's session, which ends when the user signs out. */
  readonly session: string;
  /** The client's name for the stream, or null. */
  readonly key: string | null;
  readonly resumedFrom: string | null;
  readonly positionAtOpen: string | null;
  readonly [label: string]: unknown;
}

/**
 * Responds with an event stream. The stream ends when the user's credential expires or the user signs out. It is
 * logged and listed.
 */
export async function openStream(
  request: FastifyRequest,
  reply: FastifyReply,
  source: Source,
  { name, channel, event }: OpenStreamOptions,
): Promise<void> {
  const { lastEventId, key } = request.query as { lastEventId?: string; key?: string };
  const header = request.headers["last-event-id"];
  const subscriber: DeskSubscriber = {
    user: request.identity.user,
    session: sessionOf(request.identity),
    key: key ?? null,
    resumedFrom: (typeof header === "string" && header !== "" ? header : lastEventId) ?? null,
    positionAtOpen: (await channel?.position()) ?? null,
  };
  const leave = request.server.streamGate.enter(request);
  request.isStream = true;
  const openedAt = performance.now();
  let isLogged = false;
  const logOpened = () => {
    if (!isLogged) logStreamOpened(request, name, subscriber.resumedFrom);
    isLogged = true;
  };
  // Log the opening in the next turn. A stream that is refused, for example with 204, is refused within this turn.
  setImmediate(logOpened);
  const closed = reply.sse(source, {
    subscriber,
    expiresAt: request.identity.expiresAt,
    onClose: (reason, connection) => {
      const durationMs = Math.round(performance.now() - openedAt);
      if (reason !== "refused") logOpened();
      isLogged = true;
      logStreamClosed(request, name, { reason, durationMs, events: connection?.events, bytes: connection?.bytes });
    },
    ...(event !== undefined && { event }),
  });
  await closed.finally(leave);
}
