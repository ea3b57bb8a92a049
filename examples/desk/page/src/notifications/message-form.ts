import { ApiError, request } from "../server/api.ts";
import { announce } from "../ui/announce.ts";
import { find } from "../ui/element.ts";

/** What a message form sends besides the text, and what it says once it is sent. */
export interface MessageFormOptions {
  readonly address: () => { userId: string } | { broadcast: true };
  readonly sent: () => string;
}

/** Wires a form that sends a notification: `#<name>-form`, `#<name>-text`, `#<name>-error`. */
export function startMessageForm(name: string, options: MessageFormOptions): void {
  const form = find<HTMLFormElement>(`#${name}-form`);
  const text = find<HTMLInputElement>(`#${name}-text`);
  const error = find(`#${name}-error`);
  const button = find<HTMLButtonElement>("button", form);

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const empty = text.value.trim() === "";
    text.setAttribute("aria-invalid", String(empty));
    error.textContent = empty ? "Write a message first." : "";
    if (empty) return text.focus();
    button.disabled = true;
    try {
      await request("POST", "/api/notifications", { ...options.address(), text: text.value.trim() });
      announce(options.sent());
      text.value = "";
      text.focus();
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause;
      error.textContent = cause.message;
    } finally {
      button.disabled = false;
    }
  });
}
