/** A valid name of a part: unreserved characters of a URL (RFC 3986), without the separators `.` and `~`. */
export const PART_NAME: RegExp = /^[\w-]{1,64}$/;
