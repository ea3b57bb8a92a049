import type { Alert, Metric, Status } from "../../wire/dashboard.ts";

/** The types of the events of the channel `dashboard`. */
export type DashboardEvents = {
  readonly metric: Metric;
  readonly alert: Alert;
  readonly status: Status;
};
