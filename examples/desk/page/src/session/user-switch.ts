import type { User } from "../../../wire/session.ts";
import { find, textElement } from "../ui/element.ts";

/** The switch in the header between the demo users. */
export class UserSwitch {
  #box = find<HTMLFieldSetElement>("#user-switch");

  constructor(users: readonly User[], onChoose: (user: User) => void) {
    for (const user of users) {
      const input = document.createElement("input");
      input.type = "radio";
      input.name = "user";
      input.value = user.id;
      input.addEventListener("change", () => onChoose(user));
      const label = document.createElement("label");
      label.append(input, textElement("span", user.name.split(" ")[0] ?? user.name));
      label.title = `Sign in as ${user.name}`;
      this.#box.append(label);
    }
  }

  /** Shows the signed-in user. */
  show(user: User): void {
    find<HTMLInputElement>(`input[value="${user.id}"]`, this.#box).checked = true;
  }
}
