import type { StreamList } from "../../../wire/stream.ts";
import { ApiError, request } from "../server/api.ts";
import type { ServerHealth } from "../server/server-health.ts";
import type { LiveStream } from "./live-stream.ts";

/** A tab that is in the background for this long closes its streams. */
const BACKGROUND_TIMEOUT_MS = 20_000;
/** Streams often open together. After this delay, one request fetches the information about all of them. */
const FETCH_INFO_DELAY_MS = 60;
const REOPEN_DELAY_MS = 3_000;
/** The list may lack the streams of a worker that has just started, so fetch it again. */
const FETCH_INFO_RETRY_MS = 1_000;
const FETCH_INFO_ATTEMPTS = 4;

/**
 * All streams of this page. It fetches the server's information about them, finds out why a stream was lost, reopens
 * streams that the browser gave up on, and closes all streams while the tab is in the background.
 */
export class StreamSet {
  readonly streams: readonly LiveStream[];
  #health: ServerHealth;
  #onSignedOut: () => void;
  #fetchInfoTimer: number | undefined;
  #reopenTimer: number | undefined;
  #backgroundTimer: number | undefined;

  constructor(streams: readonly LiveStream[], health: ServerHealth, onSignedOut: () => void) {
    this.streams = streams;
    this.#health = health;
    this.#onSignedOut = onSignedOut;
    for (const stream of streams) {
      stream.addEventListener("opened", () => this.#fetchInfoSoon());
      stream.addEventListener("lost", () => void this.#lost());
    }
    health.addEventListener("change", () => {
      if (health.state === "up") void this.#recovered();
    });
    window.addEventListener("online", () => void health.check());
    window.addEventListener("offline", () => void health.check());
    document.addEventListener("visibilitychange", () => this.#visibilityChanged());
  }

  /** Cuts the stream at the server. The browser then reconnects by itself. Rejects with {@link ApiError}. */
  async cut(stream: LiveStream): Promise<void> {
    if (stream.info === undefined) throw new ApiError(0, "This stream is not open.");
    await request("POST", `/api/streams/${encodeURIComponent(stream.info.id)}/cut`);
  }

  #fetchInfoSoon(delay: number = FETCH_INFO_DELAY_MS, attempt = 1): void {
    window.clearTimeout(this.#fetchInfoTimer);
    this.#fetchInfoTimer = window.setTimeout(() => void this.#fetchInfo(attempt), delay);
  }

  async #fetchInfo(attempt: number): Promise<void> {
    const connections = new Map(this.streams.map((stream) => [stream, stream.connection]));
    try {
      const { streams } = await request<StreamList>("GET", "/api/streams");
      for (const stream of this.streams) {
        const info = streams.findLast(({ key }) => key === stream.key);
        const isSameConnection = connections.get(stream) === stream.connection && stream.state === "open";
        if (info !== undefined && isSameConnection && stream.info === undefined) stream.setInfo(info);
      }
    } catch (error) {
      // Leave the replay counts unknown. The next connection fetches the information again.
      if (!(error instanceof ApiError)) throw error;
      return;
    }
    const lacksInfo = (stream: LiveStream) => stream.state === "open" && stream.info === undefined;
    if (attempt < FETCH_INFO_ATTEMPTS && this.streams.some(lacksInfo)) {
      this.#fetchInfoSoon(FETCH_INFO_RETRY_MS, attempt + 1);
    }
  }

  /**
   * Finds out why a stream was lost: EventSource reports the same error for a cut, a server down and an expired token.
   */
  async #lost(): Promise<void> {
    await this.#health.check();
    if (this.#health.state !== "up" || !this.streams.some((stream) => stream.state === "refused")) return;
    if (!(await this.#isSignedIn())) return this.#onSignedOut();
    window.clearTimeout(this.#reopenTimer);
    this.#reopenTimer = window.setTimeout(() => this.#reopen((stream) => stream.state === "refused"), REOPEN_DELAY_MS);
  }

  /** Reopens the streams when the server is up again. A restarted server may not accept the page's session. */
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

  #reopen(matches: (stream: LiveStream) => boolean): void {
    for (const stream of this.streams) if (matches(stream)) stream.open();
  }

  #visibilityChanged(): void {
    window.clearTimeout(this.#backgroundTimer);
    if (document.visibilityState === "visible") {
      this.#reopen((stream) => stream.state === "paused");
      return;
    }
    this.#backgroundTimer = window.setTimeout(() => {
      for (const stream of this.streams) if (stream.state === "open") stream.close("paused");
    }, BACKGROUND_TIMEOUT_MS);
  }
}
