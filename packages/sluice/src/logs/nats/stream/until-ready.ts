import { sleep } from "../../../base/time/timers.ts";
import { apiCode, isNotTaken, WRONG_LAST_SEQUENCE } from "../connection/nats-errors.ts";
import type { NatsLink } from "../connection/nats-link.ts";

const RETRY_MS = 20;
const MAX_TRIES = 250;
/** No stream's last sequence number is this large. */
const NEVER_LAST = Number.MAX_SAFE_INTEGER;

/**
 * Resolves once the stream accepts messages on `subject`. Rejects if it does not within about five seconds, or if the
 * connection breaks. `create` makes a missing stream. The process that created the stream has to wait too: a server may
 * confirm the creation early.
 */
export async function untilReady(link: NatsLink, subject: string, create?: () => Promise<void>): Promise<void> {
  for (let tries = 0; !(await isReady(link, subject)); tries++) {
    if (tries === MAX_TRIES) throw new Error(`The NATS stream for "${subject}" does not accept messages.`);
    if (tries > 0) await sleep(RETRY_MS);
    if (link.identity === undefined) throw link.error("is out of reach: the connection was lost");
    await create?.();
  }
}

/**
 * Returns true if the stream accepts messages. Publishes a message that the stream must reject, and expects the
 * rejection. A server lists a stream before it is ready: messages are lost until then, and nats-server 2.9 crashes if a
 * client reads from the stream.
 */
async function isReady(link: NatsLink, subject: string): Promise<boolean> {
  try {
    await link.session.js.publish(subject, "", { expect: { lastSequence: NEVER_LAST } });
  } catch (error) {
    if (apiCode(error) === WRONG_LAST_SEQUENCE) return true;
    if (!isNotTaken(error)) throw error;
  }
  return false;
}
