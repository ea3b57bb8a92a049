import { apiCode, type NatsLink, WRONG_LAST_SEQUENCE } from "../connection/nats-link.ts";

const RETRY_MS = 20;
const MAX_TRIES = 250;
/** No stream ends there. */
const NEVER_LAST = Number.MAX_SAFE_INTEGER;

/**
 * Whether a stream takes messages: asked by one that it has to refuse. A server names a stream before it is ready, and nats-server 2.9 falls
 * over when one reads from it at that moment; what is sent to its subjects reaches nobody until then.
 */
async function isReady(link: NatsLink, subject: string): Promise<boolean> {
  try {
    await link.session.js.publish(subject, "", { expect: { lastSequence: NEVER_LAST } });
  } catch (error) {
    if (apiCode(error) === WRONG_LAST_SEQUENCE) return true;
    if ((error as Error).name !== "JetStreamNotEnabled") throw error;
  }
  return false;
}

/**
 * Resolves once the stream takes messages; rejects when it does not within some seconds. `make` makes it where there is none. Also whoever made
 * it has to wait: a server says so to all who ask for the same at the same moment, and to some of them before it is ready.
 */
export async function untilReady(link: NatsLink, subject: string, make?: () => Promise<void>): Promise<void> {
  for (let tries = 0; !(await isReady(link, subject)); tries++) {
    if (tries === MAX_TRIES) throw new Error(`NATS has a stream that does not take "${subject}".`);
    if (tries > 0) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    if (link.identity === undefined) throw new Error("The connection to NATS broke.");
    await make?.();
  }
}
