import type { NatsLink } from "../connection/nats-link.ts";
import { partOf } from "./batch-part.ts";

/**
 * Resolves to the offset of the newest entry: the last message of the stream, unless it belongs to a batch that is not
 * complete.
 */
export async function lastComplete(
  link: NatsLink,
  stream: string,
  { first, last }: { readonly first: number; readonly last: number },
): Promise<number> {
  if (last < first) return last;
  const message = await link.session.jsm.streams.getMessage(stream, { seq: last });
  const part = partOf({ headers: message?.header });
  return part === undefined || part.index === part.size ? last : Math.max(first - 1, last - part.index);
}
