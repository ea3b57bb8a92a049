import { find, fromTemplate } from "../ui/element.ts";
import { formatTime } from "../ui/format.ts";

/** The kind of a line, which sets its colour. */
export type ActivityKind = "lost" | "reconnected" | "gap" | "note";

/** Maximum number of lines on the page. A further line removes the oldest. */
const MAX_LINES = 60;

/** The list of what happened to the streams, newest first. */
export class Activity {
  #list = find("#activity");

  constructor() {
    this.#list.hidden = true;
  }

  /** Adds a line that begins with the stream's name. */
  add(kind: ActivityKind, stream: string, text: string): void {
    const line = fromTemplate("activity-line");
    line.dataset.kind = kind;
    const time = find<HTMLTimeElement>("time", line);
    time.dateTime = new Date().toISOString();
    time.textContent = formatTime(Date.now());
    const name = document.createElement("strong");
    name.textContent = stream;
    find(".activity-text", line).append(name, ` ${text}`);
    this.#list.prepend(line);
    while (this.#list.childElementCount > MAX_LINES) this.#list.lastElementChild?.remove();
    this.#list.hidden = false;
    find("#activity-empty").hidden = true;
  }
}
