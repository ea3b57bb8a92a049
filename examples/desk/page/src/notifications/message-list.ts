import type { Notification } from "../../../wire/notification.ts";
import type { StreamPart } from "../streams/stream-part.ts";
import { find, fromTemplate } from "../ui/element.ts";
import { formatTime } from "../ui/format.ts";

/** Maximum number of messages on the page. A further message removes the oldest. */
const MAX_MESSAGES = 50;

interface ListOptions {
  /** Returns true if the list shows this notification. */
  readonly shows: (notification: Notification) => boolean;
  /** Returns the label that names the recipient, or "" for no label. */
  readonly chip: (notification: Notification) => string;
}

/** A list of notifications, newest first, without duplicates. */
export class MessageList {
  #list: HTMLElement;
  #empty: HTMLElement;
  #seen = new Set<string>();
  #options: ListOptions;

  constructor(events: StreamPart, selector: string, options: ListOptions) {
    this.#list = find(selector);
    this.#empty = find(`${selector}-empty`);
    this.#options = options;
    events.on<Notification>("notification", (notification, arrival) => {
      // After a gap all kept notifications arrive, including those that are already in the list.
      if (!options.shows(notification) || this.#seen.has(arrival.eventId)) return;
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
    const label = this.#options.chip(notification);
    const chip = find(".chip", item);
    chip.textContent = label;
    chip.hidden = label === "";
    item.classList.add("fresh");
    this.#list.prepend(item);
    while (this.#list.childElementCount > MAX_MESSAGES) this.#list.lastElementChild?.remove();
    this.#renderEmpty();
  }

  #renderEmpty(): void {
    const empty = this.#list.childElementCount === 0;
    this.#empty.hidden = !empty;
    this.#list.hidden = empty;
  }
}
