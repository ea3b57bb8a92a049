import type { Notification } from "../../../wire/notification.ts";
import type { User } from "../../../wire/session.ts";
import type { StreamPart } from "../streams/stream-part.ts";
import { find, textElement } from "../ui/element.ts";
import { startMessageForm } from "./message-form.ts";
import { MessageList } from "./message-list.ts";

/** Shows the user's own notifications and the broadcasts. Both arrive on one part of the page's stream. */
export class NotificationsPane {
  #users: readonly User[];
  #inbox: MessageList;
  #broadcasts: MessageList;
  #to = find<HTMLSelectElement>("#inbox-to");

  constructor(notifications: StreamPart, users: readonly User[]) {
    this.#users = users;
    this.#inbox = new MessageList(notifications, "#inbox", { shows: ({ userId }) => userId !== null, chip: () => "" });
    const chip = ({ userId }: Notification) => (userId === null ? "everyone" : "only you");
    this.#broadcasts = new MessageList(notifications, "#broadcasts", { shows: () => true, chip });
    for (const user of users) {
      const option = textElement("option", user.name);
      option.value = user.id;
      this.#to.append(option);
    }
    startMessageForm("inbox", {
      recipient: () => ({ userId: this.#to.value }),
      sentText: () => `Sent to ${this.#to.selectedOptions[0]?.textContent}.`,
    });
    startMessageForm("broadcasts", { recipient: () => ({ broadcast: true }), sentText: () => "Sent to everyone." });
  }

  /** Shows the panes of this user and removes the messages of the previous user. */
  show(user: User): void {
    this.#inbox.clear();
    this.#broadcasts.clear();
    const other = this.#users.find((one) => one.id !== user.id) ?? user;
    this.#to.value = other.id;
    find("#inbox-note").textContent = `Only for ${user.name}`;
    const empty = find("#inbox-empty");
    empty.replaceChildren(
      textElement("strong", `No notifications for ${user.name} yet.`),
      ` Send a message to ${other.name}: it does not appear here. Then switch to ${other.name} to see it.`,
    );
  }
}
