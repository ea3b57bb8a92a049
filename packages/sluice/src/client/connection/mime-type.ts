/** The values of a header with several, as "get, decode, and split" finds them (Fetch standard, section 2.2.2). */
const VALUES = /(?:"(?:\\.|[^"\\])*(?:"|$)|[^",])+/g;

/** The essence of a MIME type (MIME Sniffing standard, section 4.4), with HTTP whitespace around it. */
const ESSENCE = /^[\t\n\r ]*([\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+)[\t\n\r ]*(?:;|$)/;

/**
 * Returns true if a `Content-Type` is that of an event stream, with any parameters, in upper or lower case. If the
 * header has several values, the last valid one counts (Fetch standard, section 2.2.4, "extract a MIME type").
 */
export function isEventStream(contentType: string | null): boolean {
  let essence: string | undefined;
  for (const value of contentType?.match(VALUES) ?? []) {
    const found = ESSENCE.exec(value)?.[1];
    // [spec] If temporaryMimeType is failure or its essence is "*/*", then continue.
    if (found !== undefined && found !== "*/*") essence = found.toLowerCase();
  }
  return essence === "text/event-stream";
}
