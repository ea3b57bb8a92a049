import { announce } from "../ui/announce.ts";
import { find, textElement } from "../ui/element.ts";
import { formatTime } from "../ui/format.ts";
import type { Alert } from "./metric.ts";

/** The alerts that are raised, or the good news that none is. */
export class AlertList {
  #list = find("#alerts");
  #raised = new Map<string, Alert>();

  constructor() {
    this.#render();
  }

  take(alert: Alert): void {
    const was = this.#raised.has(alert.alertId);
    if (alert.raised) this.#raised.set(alert.alertId, alert);
    else this.#raised.delete(alert.alertId);
    if (alert.raised !== was) announce(alert.raised ? `Alert: ${alert.message}` : `Over: ${alert.message}`);
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
