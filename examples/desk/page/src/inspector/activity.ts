import { find, fromTemplate } from "../ui/element.ts";
import { formatTime } from "../ui/format.ts";

/** What a line is about; it is also its colour. */
export type ActivityKind = "cut" | "back" | "gap" | "note";

/** Lines on the page; older ones leave it. */
const LINES = 60;

/** Says what happened to the streams, newest first. */
export class Activity {
  #list = find("#activity");

  constructor() {
    this.#list.hidden = true;
  }

  say(kind: ActivityKind, stream: string, text: string): void {
    const line = fromTemplate("activity-line");
    line.dataset.kind = kind;
    const time = find<HTMLTimeElement>("time", line);
    time.dateTime = new Date().toISOString();
    time.textContent = formatTime(Date.now());
    const name = document.createElement("strong");
    name.textContent = stream;
    find(".activity-text", line).append(name, ` ${text}`);
    this.#list.prepend(line);
    while (this.#list.childElementCount > LINES) this.#list.lastElementChild?.remove();
    this.#list.hidden = false;
    find("#activity-empty").hidden = true;
  }
}
