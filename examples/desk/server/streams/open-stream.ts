import type { FastifyReply, FastifyRequest } from "fastify";
import type { Source } from "sluice";
import { logStreamClosed, logStreamOpened } from "../operation/request-log.ts";

/** What of a channel a stream's description needs. */
interface Positioned {
  position(): string | Promise<string>;
}

/** How a stream of the desk is opened. */
export interface OpenStreamOptions {
  /** What it is called in the log. */
  readonly name: string;
  /** The channel it reads; the inspector learns where it stood when the stream was opened. */
  readonly channel?: Positioned;
  /** The type of the events of a source that does not name one. */
  readonly event?: string;
}

/** What `connections()` gives back about a stream of the desk. */
export interface DeskSubscriber {
  readonly user: string;
  /** The caller's own name for the stream. */
  readonly key: string | null;
  readonly resumedFrom: string | null;
  readonly positionAtOpen: string | null;
  readonly [label: string]: unknown;
}

/** Answers with an event stream that ends with the user's credential, is known to the inspector, and is logged. */
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
    key: key ?? null,
    resumedFrom: (typeof header === "string" && header !== "" ? header : lastEventId) ?? null,
    positionAtOpen: (await channel?.position()) ?? null,
  };
  request.isStream = true;
  const openedAt = performance.now();
  let isLogged = false;
  const logOpened = () => {
    if (!isLogged) logStreamOpened(request, name, subscriber.resumedFrom);
    isLogged = true;
  };
  // A stream that is refused, as with 204, is so within this turn, and was never opened.
  setImmediate(logOpened);
  await reply.sse(source, {
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
}
