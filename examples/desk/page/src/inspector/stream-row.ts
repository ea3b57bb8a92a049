import type { ServerHealth } from "../server/server-health.ts";
import type { LiveStream, StreamState } from "../streams/live-stream.ts";
import { find, fromTemplate } from "../ui/element.ts";
import { formatCount } from "../ui/format.ts";

const STATE_TEXT: Record<StreamState, string> = {
  idle: "not open",
  connecting: "connecting",
  open: "open",
  reconnecting: "reconnecting",
  refused: "closed",
  ended: "ended",
  paused: "paused in the background",
};

/** Actions of the row's buttons. */
export interface StreamActions {
  cut(stream: LiveStream): void;
  makeStale(stream: LiveStream): void;
}

/** The row of one stream in the inspector. */
export class StreamRow {
  readonly element: HTMLLIElement = fromTemplate("stream-row");
  readonly #stream: LiveStream;
  readonly #health: ServerHealth;
  #frame = 0;

  constructor(stream: LiveStream, health: ServerHealth, actions: StreamActions) {
    this.#stream = stream;
    this.#health = health;
    find("h3", this.element).textContent = stream.name;
    const cut = find<HTMLButtonElement>(".cut", this.element);
    const stale = find<HTMLButtonElement>(".stale", this.element);
    cut.setAttribute("aria-label", `Cut ${stream.name}`);
    stale.setAttribute("aria-label", `Make the position of ${stream.name} stale`);
    cut.addEventListener("click", () => actions.cut(stream));
    stale.addEventListener("click", () => actions.makeStale(stream));
    const renderSoon = () => {
      this.#frame ||= requestAnimationFrame(() => this.#render());
    };
    stream.addEventListener("change", renderSoon);
    health.addEventListener("change", renderSoon);
    this.#render();
  }

  #render(): void {
    this.#frame = 0;
    const { state, path, lastEventId, received, connection, gaps, info } = this.#stream;
    const isLost = state === "reconnecting" || state === "refused";
    const isUnreachable = this.#health.state === "unreachable" && isLost;
    this.element.dataset.state = isUnreachable ? "unreachable" : state;
    this.#text(".state-text", isUnreachable ? "server unreachable" : STATE_TEXT[state]);
    this.#text(".path", path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}(\.[a-z]+)?/, "…"));
    this.#text(".last-id", lastEventId === "" ? "none yet" : lastEventId);
    this.#text(".received", formatCount(received));
    this.#text(".replayed", this.#replayed());
    this.#text(".reconnects", formatCount(Math.max(0, connection - 1)));
    const lastGap = gaps.at(-1);
    this.#text(".gaps", lastGap === undefined ? "0" : `${gaps.length} (${lastGap.reason})`);
    this.element.classList.toggle("has-gap", lastGap !== undefined);
    find<HTMLButtonElement>(".cut", this.element).disabled = state !== "open" || info === undefined;
    find<HTMLButtonElement>(".stale", this.element).disabled = state !== "open" || lastEventId === "";
  }

  #replayed(): string {
    const { state, replayed, info } = this.#stream;
    if (state === "open" && info?.positionAtOpen === null) return "none";
    return replayed === undefined ? "–" : formatCount(replayed);
  }

  #text(selector: string, text: string): void {
    const element = find(selector, this.element);
    if (element.textContent !== text) element.textContent = text;
  }
}
