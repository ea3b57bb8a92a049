/** The header in which NATS keeps a message ID. */
const HEADER = "Nats-Msg-Id";
/** Parts of a message ID. Older versions of Sluice wrote no epoch. */
const PARTS = 3;

/** Returns the message ID of entry number `count` of a publisher. `epoch` is the life in which it is sent. */
export function messageIdOf(epoch: string, publisher: string, count: number): string {
  return `${epoch}.${publisher}.${count.toString(36)}`;
}

/** A message's headers, as NATS's client and JetStream's manager return them. */
interface WithHeaders {
  readonly headers?: { get(name: string): string } | undefined;
}

/** Returns the life in which a stored entry was sent; `undefined` if its message ID names none. */
export function epochOf({ headers }: WithHeaders): string | undefined {
  const parts = headers?.get(HEADER).split(".");
  return parts?.length === PARTS ? parts[0] : undefined;
}
