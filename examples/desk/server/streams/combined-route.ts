import type { FastifyInstance } from "fastify";
import type { Channel, Sluice } from "sluice";
import type { DashboardEvents } from "../dashboard/dashboard-events.ts";
import { EVERYONE, type NotificationEvents, topicOf } from "../notifications/notification.ts";
import { httpError } from "../operation/http-errors.ts";
import { eventStreamSchema } from "../operation/openapi.ts";
import type { OrderEvents } from "../orders/order.ts";
import { openStream } from "./open-stream.ts";

/** The channels that `GET /api/stream` combines. */
export interface CombinedChannels {
  readonly orders: Channel<OrderEvents>;
  readonly notifications: Channel<NotificationEvents>;
  readonly dashboard: Channel<DashboardEvents>;
}

/** Adds the route that streams everything for the signed-in user on one connection. */
export function combinedRoute(app: FastifyInstance, sluice: Sluice, channels: CombinedChannels): void {
  app.get(
    "/api/stream",
    {
      schema: eventStreamSchema(
        "streams",
        "Stream orders, notifications and the dashboard for the signed-in user, on one connection",
        "Event types: orders.orders, notifications.notification, dashboard.metric, dashboard.alert and " +
          "dashboard.status. One event ID resumes all of them. A gap event names its part as channel.",
        { user: { type: "string", description: "Refuses the request with 403 unless this user is signed in" } },
      ),
    },
    (request, reply) => {
      const { orders, notifications, dashboard } = channels;
      const { user } = request.query as { user?: string };
      // The tabs of a browser share a cookie. A tab must not receive the notifications of another tab's user.
      if (user !== undefined && user !== request.identity.user) {
        throw httpError(403, `Another user is signed in, not ${user}. Sign in as ${user} first.`);
      }
      const combination = sluice.combine({
        orders: orders.subscribe(),
        notifications: notifications.subscribe({
          topics: [EVERYONE, topicOf(request.identity.user)],
          from: "start",
        }),
        dashboard: dashboard.subscribe({ initial: "latest" }),
      });
      return openStream(request, reply, combination, { name: "combined", channel: combination });
    },
  );
}
