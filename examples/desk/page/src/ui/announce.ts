import { find } from "./element.ts";

/**
 * Announces a text to screen readers without interrupting them. Use it for the result of a user's action, not for each
 * event of a stream.
 */
export function announce(text: string): void {
  const line = document.createElement("p");
  line.textContent = text;
  // A new element each time, so that a repeated text is announced again.
  find("#announcer").replaceChildren(line);
}
