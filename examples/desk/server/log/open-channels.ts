import { type Channel, createSluice, type ErrorContext, type Jobs, type Sluice } from "sluice";
import { KEPT_EVENTS } from "../dashboard/dashboard.ts";
import type { DashboardEvents } from "../dashboard/metric.ts";
import type { FinishedExport } from "../exports/export-desk.ts";
import type { ExportProgress } from "../exports/write-export.ts";
import type { GeneratorEvents } from "../generator/order-generator.ts";
import type { NotificationEvents } from "../notifications/notification.ts";
import type { OrderEvents, OrderNumberEvents } from "../orders/order.ts";
import type { WorkerEvents } from "../workers/roster.ts";
import type { LogChoice } from "./log-choice.ts";
import { LogUnreachable } from "./log-unreachable.ts";
import { openLog } from "./open-log.ts";

/** Everything that the desk keeps. */
export interface DeskChannels {
  readonly sluice: Sluice;
  /** Whether other processes may use the same log. */
  readonly shared: boolean;
  readonly orders: Channel<OrderEvents>;
  readonly orderNumbers: Channel<OrderNumberEvents>;
  readonly notifications: Channel<NotificationEvents>;
  readonly dashboard: Channel<DashboardEvents>;
  readonly workers: Channel<WorkerEvents>;
  readonly generator: Channel<GeneratorEvents>;
  readonly exports: Jobs<ExportProgress, FinishedExport>;
}

/** How the channels are opened. */
export interface ChannelsOptions {
  readonly log: LogChoice;
  /** Orders that can still be replayed. */
  readonly retainOrders: number;
  /** Reconnection time that browsers are told, in ms. */
  readonly retry: number;
  /** Hears of failures once the channels are open. */
  readonly onError: (error: unknown, context: ErrorContext) => void;
}

const KEPT_NOTIFICATIONS = 1_000;
/** Of these only the newest counts; some more, for those who read while it changes. */
const KEPT_STATES = 10;
/** Of these only what comes counts. */
const KEPT_FIGURES = 100;

/** Opens the log and all channels. Rejects with {@link LogUnreachable}, within the time that the log takes to give up. */
export async function openChannels({
  log: choice,
  retainOrders,
  retry,
  onError,
}: ChannelsOptions): Promise<DeskChannels> {
  const log = await openLog(choice).catch((error: unknown) => {
    throw new LogUnreachable(choice, error);
  });
  let isOpen = false;
  const sluice = createSluice({
    log,
    retry,
    // Before, a failure is told by the rejection, once and not by each channel.
    onError: (error, context) => isOpen && onError(error, context),
  });
  const channels = {
    orders: sluice.channel<OrderEvents>("orders", { retain: { events: retainOrders } }),
    orderNumbers: sluice.channel<OrderNumberEvents>("order-numbers", { retain: { events: KEPT_STATES } }),
    notifications: sluice.channel<NotificationEvents>("notifications", { retain: { events: KEPT_NOTIFICATIONS } }),
    dashboard: sluice.channel<DashboardEvents>("dashboard", {
      retain: { events: KEPT_EVENTS },
      latestBy: dashboardKey,
    }),
    workers: sluice.channel<WorkerEvents>("workers", { retain: { events: KEPT_FIGURES } }),
    generator: sluice.channel<GeneratorEvents>("generator", { retain: { events: KEPT_STATES } }),
  };
  const exports = sluice.jobs<ExportProgress, FinishedExport>("exports");
  try {
    await Promise.all(Object.values(channels).map((channel) => channel.position()));
  } catch (error) {
    await sluice.close();
    throw new LogUnreachable(choice, error);
  }
  isOpen = true;
  return { sluice, shared: log.shared, ...channels, exports };
}

/** The newest metric, each alert's last word, and the state of each part. */
function dashboardKey(event: { readonly type: string; readonly data: unknown }): string {
  const { alertId, component } = event.data as { alertId?: string; component?: string };
  return `${event.type}:${alertId ?? component ?? ""}`;
}
