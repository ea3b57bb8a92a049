import { ApiError, request } from "../server/api.ts";
import type { Presence } from "../server/presence.ts";
import type { LiveStream, ServerStream } from "./live-stream.ts";

/** A tab that is in the background for so long gives its connections to others. */
const BACKGROUND_GRACE_MS = 20_000;
/** Streams open at the same time; one request then tells about all of them. */
const DESCRIBE_DELAY_MS = 60;
const REOPEN_DELAY_MS = 3_000;
/** A worker that has just begun to listen may not be asked yet by the others. */
const DESCRIBE_AGAIN_MS = 1_000;
const DESCRIBE_ATTEMPTS = 4;

/**
 * All streams of this page: asks the server what it knows about them, finds out why one was lost, opens again what the
 * browser gave up on, and lets go of the connections while the tab is in the background.
 */
export class StreamSet {
  readonly streams: readonly LiveStream[];
  #presence: Presence;
  #onSignedOut: () => void;
  #describing: number | undefined;
  #reopening: number | undefined;
  #background: number | undefined;

  constructor(streams: readonly LiveStream[], presence: Presence, onSignedOut: () => void) {
    this.streams = streams;
    this.#presence = presence;
    this.#onSignedOut = onSignedOut;
    for (const stream of streams) {
      stream.addEventListener("opened", () => this.#describeSoon());
      stream.addEventListener("lost", () => void this.#lost());
    }
    presence.addEventListener("change", () => {
      if (presence.state === "up") void this.#recovered();
    });
    window.addEventListener("online", () => void presence.check());
    window.addEventListener("offline", () => void presence.check());
    document.addEventListener("visibilitychange", () => this.#visibilityChanged());
  }

  /** Cuts the stream at the server. The browser then reconnects by itself. */
  async cut(stream: LiveStream): Promise<void> {
    if (stream.server === undefined) throw new ApiError(0, "This stream is not open.");
    await request("POST", `/api/streams/${encodeURIComponent(stream.server.id)}/cut`);
  }

  #describeSoon(delay: number = DESCRIBE_DELAY_MS, attempt = 1): void {
    window.clearTimeout(this.#describing);
    this.#describing = window.setTimeout(() => void this.#describe(attempt), delay);
  }

  async #describe(attempt: number): Promise<void> {
    const before = new Map(this.streams.map((stream) => [stream, stream.connection]));
    try {
      const { streams } = await request<{ streams: ServerStream[] }>("GET", "/api/streams");
      for (const stream of this.streams) {
        const known = streams.findLast((one) => one.key === stream.key);
        const same = before.get(stream) === stream.connection && stream.state === "open";
        if (known !== undefined && same && stream.server === undefined) stream.describe(known);
      }
    } catch (error) {
      // Without the answer the counts stay open; the next connection asks again.
      if (!(error instanceof ApiError)) throw error;
      return;
    }
    const isUnknown = (stream: LiveStream) => stream.state === "open" && stream.server === undefined;
    if (attempt < DESCRIBE_ATTEMPTS && this.streams.some(isUnknown)) this.#describeSoon(DESCRIBE_AGAIN_MS, attempt + 1);
  }

  /** EventSource does not tell why: a cut, a server that is away, and a credential that ran out look the same. */
  async #lost(): Promise<void> {
    await this.#presence.check();
    if (this.#presence.state !== "up" || !this.streams.some((stream) => stream.state === "refused")) return;
    if (!(await this.#isSignedIn())) return this.#onSignedOut();
    window.clearTimeout(this.#reopening);
    this.#reopening = window.setTimeout(() => this.#reopen((stream) => stream.state === "refused"), REOPEN_DELAY_MS);
  }

  /** The server is back. It may be another one, which does not know our session. */
  async #recovered(): Promise<void> {
    if (await this.#isSignedIn()) this.#reopen(({ state }) => state === "refused" || state === "reconnecting");
    else this.#onSignedOut();
  }

  async #isSignedIn(): Promise<boolean> {
    try {
      await request("GET", "/api/session");
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return false;
    }
    return true;
  }

  #reopen(which: (stream: LiveStream) => boolean): void {
    for (const stream of this.streams) if (which(stream)) stream.open();
  }

  #visibilityChanged(): void {
    window.clearTimeout(this.#background);
    if (document.visibilityState === "visible") {
      this.#reopen((stream) => stream.state === "paused");
      return;
    }
    this.#background = window.setTimeout(() => {
      for (const stream of this.streams) if (stream.state === "open") stream.close("paused");
    }, BACKGROUND_GRACE_MS);
  }
}
