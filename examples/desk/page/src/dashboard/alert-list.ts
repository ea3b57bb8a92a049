import type { Alert } from "../../../wire/dashboard.ts";
import { announce } from "../ui/announce.ts";
import { find, textElement } from "../ui/element.ts";
import { formatTime } from "../ui/format.ts";

/** The list of raised alerts. Without alerts it shows "All within limits". */
export class AlertList {
  #list = find("#alerts");
  #raised = new Map<string, Alert>();

  constructor() {
    this.#render();
  }

  /** Shows a raised alert, or removes a cleared one. */
  update(alert: Alert): void {
    const wasRaised = this.#raised.has(alert.alertId);
    if (alert.raised) this.#raised.set(alert.alertId, alert);
    else this.#raised.delete(alert.alertId);
    if (alert.raised !== wasRaised) announce(`${alert.raised ? "Alert" : "Alert cleared"}: ${alert.message}`);
    this.#render();
  }

  clear(): void {
    this.#raised.clear();
    this.#render();
  }

  #render(): void {
    const alerts = [...this.#raised.values()];
    this.#list.replaceChildren(
      ...alerts.map((alert) => textElement("li", `${alert.message}, since ${formatTime(alert.at)}`, "alert raised")),
    );
    if (alerts.length === 0) this.#list.append(textElement("li", "All within limits", "alert"));
  }
}
