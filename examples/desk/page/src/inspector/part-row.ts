import type { LiveStream } from "../streams/live-stream.ts";
import type { StreamPart } from "../streams/stream-part.ts";
import { find, fromTemplate, setText } from "../ui/element.ts";
import { formatCount } from "../ui/format.ts";

/** The figures of one part of a stream in the inspector. */
export class PartRow {
  readonly element: HTMLLIElement = fromTemplate("part-row");
  readonly #stream: LiveStream;
  readonly #part: StreamPart;

  constructor(stream: LiveStream, part: StreamPart, makeStale: () => void) {
    this.#stream = stream;
    this.#part = part;
    find("h4", this.element).textContent = part.name;
    const stale = find<HTMLButtonElement>(".stale", this.element);
    stale.setAttribute("aria-label", `Make the position of ${part.name} stale`);
    stale.addEventListener("click", makeStale);
  }

  render(): void {
    const { lastEventId, received, gaps } = this.#part;
    this.#text(".last-id", lastEventId === "" ? "none yet" : lastEventId);
    this.#text(".received", formatCount(received));
    this.#text(".replayed", this.#replayed());
    const lastGap = gaps.at(-1);
    this.#text(".gaps", lastGap === undefined ? "0" : `${gaps.length} (${lastGap.reason})`);
    this.element.classList.toggle("has-gap", lastGap !== undefined);
    const cannotBeStale = this.#stream.state !== "open" || lastEventId === "";
    find<HTMLButtonElement>(".stale", this.element).disabled = cannotBeStale;
  }

  #replayed(): string {
    const { state, info } = this.#stream;
    if (state === "open" && info?.positionAtOpen === null) return "none";
    return this.#part.replayed === undefined ? "–" : formatCount(this.#part.replayed);
  }

  #text(selector: string, text: string): void {
    setText(find(selector, this.element), text);
  }
}
