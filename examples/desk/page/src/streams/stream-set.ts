import type { Session } from "../../../wire/session.ts";
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

/** The session of this page. */
export interface SessionOfPage {
  /** Returns the ID of the user who signed in on this page. */
  userId(): string;
  /** Called if the server does not accept the session any more. */
  onEnded(): void;
}

/**
 * All streams of this page. It fetches the server's information about them, checks the server when a stream was lost,
 * reopens streams that the server refused, and closes all streams while the tab is in the background.
 */
export class StreamSet {
  readonly streams: readonly LiveStream[];
  #health: ServerHealth;
  #session: SessionOfPage;
  #fetchInfoTimer: number | undefined;
  #reopenTimer: number | undefined;
  #backgroundTimer: number | undefined;

  constructor(streams: readonly LiveStream[], health: ServerHealth, session: SessionOfPage) {
    this.streams = streams;
    this.#health = health;
    this.#session = session;
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

  /** Cuts the stream at the server. The client then connects again by itself. Rejects with {@link ApiError}. */
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

  /** Checks the server. If it refused a stream although it is up, the session may have ended. */
  async #lost(): Promise<void> {
    await this.#health.check();
    if (this.#health.state !== "up" || !this.streams.some((stream) => stream.state === "refused")) return;
    if (!(await this.#isSignedIn())) return this.#session.onEnded();
    window.clearTimeout(this.#reopenTimer);
    this.#reopenTimer = window.setTimeout(() => this.#reopen((stream) => stream.state === "refused"), REOPEN_DELAY_MS);
  }

  /** Reopens the streams when the server is up again. A restarted server may not accept the page's session. */
  async #recovered(): Promise<void> {
    if (!(await this.#isSignedIn())) return this.#session.onEnded();
    this.#reopen(({ state }) => state === "refused");
    for (const stream of this.streams) stream.retryNow();
  }

  /** Resolves to false if nobody is signed in, or another user: the tabs of a browser share their cookie. */
  async #isSignedIn(): Promise<boolean> {
    try {
      return (await request<Session>("GET", "/api/session")).user.id === this.#session.userId();
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
