import type { ServerHealth } from "../server/server-health.ts";
import { find } from "../ui/element.ts";
import { formatTime } from "../ui/format.ts";

/** The banner below the header. It says what is wrong and what the page does about it. */
export class Banner {
  #banner = find("#banner");
  #title = find("#banner-title");
  #text = find("#banner-text");
  #next = find("#banner-next");
  #action = find<HTMLButtonElement>("#banner-action");
  #health: ServerHealth;
  #signInAgain: (() => void) | undefined;
  #countdown: number | undefined;

  constructor(health: ServerHealth) {
    this.#health = health;
    this.#action.addEventListener("click", () => {
      if (this.#health.state === "up") this.#signInAgain?.();
      else void this.#health.check();
    });
    health.addEventListener("change", () => this.#render());
  }

  /** Shows that the session has expired, with a button that calls `signInAgain`. */
  showSignedOut(signInAgain: () => void): void {
    this.#signInAgain = signInAgain;
    this.#render();
  }

  hideSignedOut(): void {
    this.#signInAgain = undefined;
    this.#render();
  }

  #render(): void {
    const { state, downSince } = this.#health;
    const since = formatTime(downSince);
    window.clearInterval(this.#countdown);
    if (state === "unreachable") {
      const text = `No answer since ${since}. The page shows old data and reconnects by itself.`;
      this.#show("The server is unreachable.", text, "Try now");
    } else if (state === "draining") {
      const text = "It is ending its streams. The page reconnects by itself when the server is back.";
      this.#show("The server is shutting down.", text, "Try now");
    } else if (state === "no-log") {
      const text = `Since ${since} nothing can be sent or received. The streams resume when the log is back.`;
      this.#show("The server cannot reach its log.", text, "Try now");
    } else if (this.#signInAgain !== undefined) {
      const text = "Its streams have ended. Sign in again, and they resume where they stopped.";
      this.#show("Your session has expired.", text, "Sign in again");
    } else {
      this.#banner.hidden = true;
      return;
    }
    this.#renderNext();
    if (state !== "up") this.#countdown = window.setInterval(() => this.#renderNext(), 250);
  }

  #show(title: string, text: string, action: string): void {
    // Write only text that changed. The banner is an alert, and a screen reader would read it again.
    if (this.#title.textContent !== title) this.#title.textContent = title;
    if (this.#text.textContent !== text) this.#text.textContent = text;
    if (this.#action.textContent !== action) this.#action.textContent = action;
    this.#banner.hidden = false;
  }

  #renderNext(): void {
    const { state, nextCheckAt } = this.#health;
    const seconds = Math.max(0, Math.ceil((nextCheckAt - Date.now()) / 1_000));
    if (state === "up") this.#next.textContent = "";
    else this.#next.textContent = nextCheckAt === 0 || seconds === 0 ? "Trying now …" : `Next try in ${seconds} s`;
  }
}
