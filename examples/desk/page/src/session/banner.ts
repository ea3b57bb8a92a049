import type { Presence } from "../server/presence.ts";
import { find } from "../ui/element.ts";
import { formatTime } from "../ui/format.ts";

/** The strip below the header that says what is wrong and what is being done about it. */
export class Banner {
  #banner = find("#banner");
  #title = find("#banner-title");
  #text = find("#banner-text");
  #next = find("#banner-next");
  #action = find<HTMLButtonElement>("#banner-action");
  #presence: Presence;
  #signInAgain: (() => void) | undefined;
  #countdown: number | undefined;

  constructor(presence: Presence) {
    this.#presence = presence;
    this.#action.addEventListener("click", () => {
      if (this.#presence.state === "up") this.#signInAgain?.();
      else void this.#presence.check();
    });
    presence.addEventListener("change", () => this.#render());
  }

  /** Says that the session is over; `undefined`: it is not. */
  signedOut(signInAgain: (() => void) | undefined): void {
    this.#signInAgain = signInAgain;
    this.#render();
  }

  #render(): void {
    const { state, since } = this.#presence;
    window.clearInterval(this.#countdown);
    if (state === "away") {
      const text = `No answer since ${formatTime(since)}. What you see is from before; the streams go on by themselves from where they were.`;
      this.#show("The server is away.", text, "Try now");
    } else if (state === "draining") {
      const text = "It ends its streams in good order. The page goes on by itself as soon as the server is back.";
      this.#show("The server is shutting down.", text, "Try now");
    } else if (state === "no-log") {
      const text = `Since ${formatTime(since)} nothing new can come, and nothing can be placed. The page goes on where it was as soon as the log is back.`;
      this.#show("The server cannot reach its log.", text, "Try now");
    } else if (this.#signInAgain !== undefined) {
      this.#show(
        "Your session has ended.",
        "The streams ended with it. Sign in to go on where they stopped.",
        "Sign in again",
      );
    } else {
      this.#banner.hidden = true;
      return;
    }
    this.#renderNext();
    if (state !== "up") this.#countdown = window.setInterval(() => this.#renderNext(), 250);
  }

  #show(title: string, text: string, action: string): void {
    // Only what changed is written: the banner is an alert, and would be read out again.
    if (this.#title.textContent !== title) this.#title.textContent = title;
    if (this.#text.textContent !== text) this.#text.textContent = text;
    if (this.#action.textContent !== action) this.#action.textContent = action;
    this.#banner.hidden = false;
  }

  #renderNext(): void {
    const { state, nextAt } = this.#presence;
    const seconds = Math.max(0, Math.ceil((nextAt - Date.now()) / 1_000));
    if (state === "up") this.#next.textContent = "";
    else this.#next.textContent = nextAt === 0 || seconds === 0 ? "Trying now …" : `Next try in ${seconds} s`;
  }
}
