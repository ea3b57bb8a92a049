import type { GeneratorState } from "../../../wire/generator.ts";
import { ApiError, request } from "../server/api.ts";
import { announce } from "../ui/announce.ts";
import { find } from "../ui/element.ts";
import { countOf } from "../ui/format.ts";

/** The steps of the slider, in orders per second. */
const RATES = [0.5, 1, 2, 5, 10, 25, 50] as const;

/** The switch and the rate slider of the bundled order generator. */
export class GeneratorSwitch {
  #button = find<HTMLButtonElement>("#generator");
  #rate = find<HTMLInputElement>("#generator-rate");
  #text = find<HTMLOutputElement>("#generator-rate-text");
  #error = find("#order-error");

  constructor() {
    this.#button.addEventListener("click", () => void this.#send(!this.#running, true));
    this.#rate.addEventListener("input", () => this.#renderRate());
    this.#rate.addEventListener("change", () => void this.#send(this.#running, false));
    this.show({ running: false, perSecond: 1 });
  }

  /** Shows the state of the generator. */
  show(state: GeneratorState): void {
    this.#button.setAttribute("aria-checked", String(state.running));
    let nearest = 0;
    RATES.forEach((rate, index) => {
      if (Math.abs(rate - state.perSecond) < Math.abs(RATES[nearest]! - state.perSecond)) nearest = index;
    });
    this.#rate.value = String(nearest);
    this.#renderRate(state.perSecond);
  }

  get #running(): boolean {
    return this.#button.getAttribute("aria-checked") === "true";
  }

  get #perSecond(): number {
    return RATES[Number(this.#rate.value)] ?? 1;
  }

  async #send(running: boolean, announces: boolean): Promise<void> {
    try {
      const state = await request<GeneratorState>("POST", "/api/generator", { running, perSecond: this.#perSecond });
      this.show(state);
      this.#error.textContent = "";
      const text = running ? `Generator on, ${countOf(state.perSecond, "order")} per second.` : "Generator off.";
      if (announces) announce(text);
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause;
      this.#error.textContent = cause.message;
    }
  }

  #renderRate(perSecond: number = this.#perSecond): void {
    this.#text.textContent = `${perSecond}/s`;
    this.#rate.setAttribute("aria-valuetext", `${countOf(perSecond, "order")} per second`);
  }
}
