import type { Sharing } from "sluice/client";
import type { ServerHealth } from "../server/server-health.ts";
import type { LiveStream, StreamState } from "../streams/live-stream.ts";
import type { StreamPart } from "../streams/stream-part.ts";
import { find, fromTemplate, setText } from "../ui/element.ts";
import { formatCount } from "../ui/format.ts";
import { PartRow } from "./part-row.ts";

const STATE_TEXT: Record<StreamState, string> = {
  idle: "not open",
  connecting: "connecting",
  open: "open",
  reconnecting: "reconnecting",
  refused: "refused",
  ended: "ended",
  paused: "paused in the background",
};

const SHARING_TEXT: Record<Sharing, string> = {
  alone: "",
  holder: "this tab holds it",
  follower: "another tab holds it",
};

/** Actions of the row's buttons. */
export interface StreamActions {
  cut(stream: LiveStream): void;
  makeStale(stream: LiveStream, part: StreamPart): void;
}

/** The row of one stream in the inspector, with the figures of its parts. */
export class StreamRow {
  readonly element: HTMLLIElement = fromTemplate("stream-row");
  readonly #stream: LiveStream;
  readonly #health: ServerHealth;
  readonly #parts: readonly PartRow[];
  #frame = 0;

  constructor(stream: LiveStream, health: ServerHealth, actions: StreamActions) {
    this.#stream = stream;
    this.#health = health;
    this.#parts = stream.parts.map((part) => new PartRow(stream, part, () => actions.makeStale(stream, part)));
    find(".parts", this.element).append(...this.#parts.map(({ element }) => element));
    find("h3", this.element).textContent = stream.name;
    const cut = find<HTMLButtonElement>(".cut", this.element);
    cut.setAttribute("aria-label", `Cut ${stream.name}`);
    cut.addEventListener("click", () => actions.cut(stream));
    const renderSoon = () => {
      this.#frame ||= requestAnimationFrame(() => this.#render());
    };
    for (const source of [stream, health, ...stream.parts]) source.addEventListener("change", renderSoon);
    this.#render();
  }

  #render(): void {
    this.#frame = 0;
    const { state, sharing, path, connection, info } = this.#stream;
    const isLost = state === "reconnecting" || state === "refused";
    const isUnreachable = this.#health.state === "unreachable" && isLost;
    this.element.hidden = state === "idle" && connection === 0;
    this.element.dataset.state = isUnreachable ? "unreachable" : state;
    this.#text(".state-text", isUnreachable ? "server unreachable" : STATE_TEXT[state]);
    this.#text(".sharing", SHARING_TEXT[sharing]);
    this.#text(".path", path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}(\.[a-z]+)?/, "…"));
    this.#text(".reconnects", formatCount(Math.max(0, connection - 1)));
    find<HTMLButtonElement>(".cut", this.element).disabled = state !== "open" || info === undefined;
    for (const part of this.#parts) part.render();
  }

  #text(selector: string, text: string): void {
    setText(find(selector, this.element), text);
  }
}
