import type { LiveStream } from "../streams/live-stream.ts";
import { find, fromTemplate } from "../ui/element.ts";
import { formatTime } from "../ui/format.ts";
import type { Notification } from "./notification.ts";

/** Messages on the page; older ones leave it. */
const MESSAGES = 50;

/** What a list shows beside the text of a message. */
interface ListOptions {
  /** The word for whom a message is; "" shows none. */
  readonly chip: (notification: Notification) => string;
}

/** A list of notifications, newest first, each of them once. */
export class MessageList {
  #list: HTMLElement;
  #empty: HTMLElement;
  #seen = new Set<string>();
  #options: ListOptions;

  constructor(stream: LiveStream, selector: string, options: ListOptions) {
    this.#list = find(selector);
    this.#empty = find(`${selector}-empty`);
    this.#options = options;
    stream.on<Notification>("notification", (notification, arrival) => {
      // After a gap comes everything that is kept, also what is here already.
      if (this.#seen.has(arrival.eventId)) return;
      this.#seen.add(arrival.eventId);
      this.#add(notification);
    });
    this.clear();
  }

  clear(): void {
    this.#seen.clear();
    this.#list.replaceChildren();
    this.#renderEmpty();
  }

  #add(notification: Notification): void {
    const item = fromTemplate("message");
    find(".from", item).textContent = notification.from;
    find(".message-text", item).textContent = notification.text;
    const time = find<HTMLTimeElement>("time", item);
    time.dateTime = notification.sentAt;
    time.textContent = formatTime(notification.sentAt);
    const word = this.#options.chip(notification);
    const chip = find(".chip", item);
    chip.textContent = word;
    chip.hidden = word === "";
    item.classList.add("fresh");
    this.#list.prepend(item);
    while (this.#list.childElementCount > MESSAGES) this.#list.lastElementChild?.remove();
    this.#renderEmpty();
  }

  #renderEmpty(): void {
    const empty = this.#list.childElementCount === 0;
    this.#empty.hidden = !empty;
    this.#list.hidden = empty;
  }
}
