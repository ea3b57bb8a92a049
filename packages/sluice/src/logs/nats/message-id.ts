/** The header in which NATS keeps a message ID. */
const HEADER = "Nats-Msg-Id";
/**
 * Parts of a message ID. A message of a batch has one more (`batch-part.ts`). Older versions of Sluice wrote no epoch.
 */
const PARTS = 3;

/** Returns the message ID of entry number `count` of a publisher. `epoch` is the life in which it is sent. */
export function messageIdOf(epoch: string, publisher: string, count: number): string {
  return `${epoch}.${publisher}.${count.toString(36)}`;
}

/** A message's headers, as NATS's client and JetStream's manager return them. */
export interface WithHeaders {
  readonly headers?: { get(name: string): string } | undefined;
}

/** Returns the ID of a message; `undefined` or `""` if it has none. */
export function messageId({ headers }: WithHeaders): string | undefined {
  return headers?.get(HEADER);
}

/** Returns the life in which a stored entry was sent; `undefined` if its message ID names none. */
export function epochOf(message: WithHeaders): string | undefined {
  const parts = messageId(message)?.split(".");
  return parts?.length === PARTS || parts?.length === PARTS + 1 ? parts[0] : undefined;
}
