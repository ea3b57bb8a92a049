import { ApiError, request } from "../server/api.ts";
import { announce } from "../ui/announce.ts";
import { find } from "../ui/element.ts";

/** Options of {@link startMessageForm}. */
export interface MessageFormOptions {
  /** Returns the recipient. */
  readonly recipient: () => { userId: string } | { broadcast: true };
  /** Returns the text for screen readers after sending. */
  readonly sentText: () => string;
}

/** Connects a form that sends a notification. Its elements are `#<name>-form`, `#<name>-text` and `#<name>-error`. */
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
      await request("POST", "/api/notifications", { ...options.recipient(), text: text.value.trim() });
      announce(options.sentText());
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
