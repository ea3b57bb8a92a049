/**
 * Longest part of a stream's name that encodes the channel's. NATS allows 255 bytes, and uses the name for a folder on
 * its disk.
 */
const MAX_TOKEN_LENGTH = 160;

/** The names that a channel has in NATS. */
export interface ChannelNames {
  /** The stream. */
  readonly stream: string;
  /** Wildcard for the subjects to which the stream's messages and the channel's life are republished. */
  readonly live: string;
  /** The channel's name, encoded as one token of a subject. */
  readonly token: string;
  /** Returns the subjects of a new stream. `part` sets them apart from those of the channel's other streams. */
  subjectsWith(part: string): StreamSubjects;
  /** Returns the subjects of a stream of the channel. `configured` are the wildcards in the stream's configuration. */
  subjectsIn(configured: readonly string[]): StreamSubjects;
}

/**
 * The subjects of one stream. Each stream of a channel has others, so that no message meant for a deleted stream
 * reaches the next one: see docs/decisions/080-each-nats-stream-has-subjects-of-its-own.md.
 */
export interface StreamSubjects {
  /** Wildcard for all subjects. Identifies the stream among the streams of the channel. */
  readonly all: string;
  /** Wildcard for the subjects to which the messages are republished. */
  readonly live: string;
  /** Subject of events without a publisher's own ID. */
  readonly event: string;
  /** Returns the subject of the event with this publisher's own ID. */
  ofId(id: string): string;
  /** Returns true if a message with this subject is of the stream, stored or republished. */
  include(subject: string): boolean;
}

/** Returns the names of a channel. `prefix` begins the names of all streams and subjects of a log. */
export async function namesOf(prefix: string, channel: string): Promise<ChannelNames> {
  const token = await tokenOf(channel);
  const root = `${prefix}.${token}`;
  const liveRoot = `${prefix}_live.${token}`;
  return {
    stream: `${prefix}_${token}`,
    live: `${liveRoot}.>`,
    token,
    subjectsWith: (part) => subjectsAt(root, liveRoot, `.${part}`),
    subjectsIn(configured) {
      const own = configured.find((subject) => subject.startsWith(`${root}.`) && subject.endsWith(".>"));
      // Streams of the first versions have no part of their own.
      return subjectsAt(root, liveRoot, own?.slice(root.length, -".>".length) ?? "");
    },
  };
}

function subjectsAt(root: string, liveRoot: string, part: string): StreamSubjects {
  const stored = `${root}${part}.`;
  const live = `${liveRoot}${part}.`;
  return {
    all: `${stored}>`,
    live: `${live}>`,
    event: `${stored}e`,
    ofId: (id) => `${stored}i.${base64url(id)}`,
    include: (subject) => subject.startsWith(stored) || subject.startsWith(live),
  };
}

/** The names of the stream that keeps the lives of all channels. */
export interface LivesNames {
  readonly stream: string;
  /** Wildcard for all subjects of the stream. */
  readonly subjects: string;
  /** The subject to which each life is republished: one of its channel's {@link ChannelNames.live}. */
  readonly live: string;
  /** Returns the subject of the life of the channel with this token. */
  subjectOf(token: string): string;
}

/**
 * Returns the names of a log's stream of lives. No channel's token is `_lives`: in a token, two hexadecimal digits or
 * `h` follow `_`.
 */
export function livesNames(prefix: string): LivesNames {
  const subjectOf = (token: string) => `${prefix}._lives.${token}`;
  const live = `${prefix}_live.{{wildcard(1)}}.l`;
  return { stream: `${prefix}__lives`, subjects: subjectOf("*"), live, subjectOf };
}

/**
 * Encodes a channel's name for use in subjects, stream names and folder names. Lowercase letters, digits and `-` stay.
 * Every other byte of the UTF-8 becomes `_` and two hexadecimal digits; capitals too, since some file systems ignore
 * case. A long name ends in its SHA-256.
 */
async function tokenOf(channel: string): Promise<string> {
  const bytes = new TextEncoder().encode(channel);
  let token = "";
  for (const byte of bytes) {
    const char = String.fromCharCode(byte);
    token += /[a-z0-9-]/.test(char) ? char : `_${hex(byte)}`;
  }
  if (token.length <= MAX_TOKEN_LENGTH) return token;
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `${token.slice(0, MAX_TOKEN_LENGTH - 2 * hash.length - 2)}_h${Array.from(hash, hex).join("")}`;
}

const hex = (byte: number): string => byte.toString(16).padStart(2, "0");

function base64url(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
}
