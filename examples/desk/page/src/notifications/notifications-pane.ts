import type { User } from "../session/session.ts";
import type { LiveStream } from "../streams/live-stream.ts";
import { find, textElement } from "../ui/element.ts";
import { startMessageForm } from "./message-form.ts";
import { MessageList } from "./message-list.ts";

/** The signed-in user's notifications, and the wall that everyone sees: two subscriptions to one channel. */
export class NotificationsPane {
  #users: readonly User[];
  #inbox: MessageList;
  #wall: MessageList;
  #to = find<HTMLSelectElement>("#inbox-to");

  constructor(mine: LiveStream, wall: LiveStream, users: readonly User[]) {
    this.#users = users;
    this.#inbox = new MessageList(mine, "#inbox", { chip: () => "" });
    this.#wall = new MessageList(wall, "#wall", { chip: ({ userId }) => (userId === null ? "everyone" : "only you") });
    for (const user of users) {
      const option = textElement("option", user.name);
      option.value = user.id;
      this.#to.append(option);
    }
    startMessageForm("inbox", {
      address: () => ({ userId: this.#to.value }),
      sent: () => `Sent to ${this.#to.selectedOptions[0]?.textContent}.`,
    });
    startMessageForm("wall", { address: () => ({ broadcast: true }), sent: () => "Sent to everyone." });
  }

  /** Makes the panes this user's: nothing of another one stays on the page. */
  show(user: User): void {
    this.#inbox.clear();
    this.#wall.clear();
    const other = this.#users.find((one) => one.id !== user.id) ?? user;
    this.#to.value = other.id;
    find("#inbox-note").textContent = `Only what is for ${user.name}`;
    const empty = find("#inbox-empty");
    empty.replaceChildren(
      textElement("strong", `Nothing for ${user.name} yet.`),
      ` Write to ${other.name} and it does not show up here; switch user, and it is there.`,
    );
  }
}
