import type { FastifyInstance } from "fastify";
import type { Channel } from "sluice";
import type { Notification, NotificationInput } from "../../wire/notification.ts";
import { findUser, nameOf } from "../auth/users.ts";
import { badRequest } from "../operation/http-errors.ts";
import { ERROR_RESPONSE, eventStreamSchema, NEEDS_USER } from "../operation/openapi.ts";
import { openStream } from "../streams/open-stream.ts";
import { EVERYONE, NOTIFICATION_INPUT, type NotificationEvents, topicOf } from "./notification.ts";

const EVENTS = "Event type: notification, with the data { from, text, userId, sentAt }.";

/**
 * Adds the routes to send and stream notifications. One channel carries them all: one stream subscribes to the topic of
 * the user, the other to the topic of everyone as well.
 */
export function notificationRoutes(app: FastifyInstance, channel: Channel<NotificationEvents>): void {
  app.post<{ Body: NotificationInput }>(
    "/api/notifications",
    {
      schema: {
        tags: ["notifications"],
        summary: "Notify one user or everyone",
        security: NEEDS_USER,
        body: NOTIFICATION_INPUT,
        response: {
          201: { type: "object", properties: { eventId: { type: "string" } } },
          400: ERROR_RESPONSE,
          401: ERROR_RESPONSE,
        },
      },
    },
    async ({ body, identity }, reply) => {
      const { userId, broadcast, text } = body;
      if ((userId === undefined) === (broadcast === undefined))
        throw badRequest("Send either userId or broadcast: true.");
      if (userId !== undefined && findUser(userId) === undefined) throw badRequest(`There is no user ${userId}.`);
      const notification: Notification = {
        from: nameOf(identity.user),
        text: text.trim(),
        userId: userId ?? null,
        sentAt: new Date().toISOString(),
      };
      const topics = [userId === undefined ? EVERYONE : topicOf(userId)];
      return reply.code(201).send({ eventId: await channel.publish("notification", notification, { topics }) });
    },
  );

  app.get(
    "/api/notifications/stream",
    { schema: eventStreamSchema("notifications", "Stream the notifications for the signed-in user", EVENTS) },
    (request, reply) => {
      const source = channel.subscribe({ topics: [topicOf(request.identity.user)], from: "start" });
      return openStream(request, reply, source, { name: "notifications", channel });
    },
  );

  app.get(
    "/api/notifications/broadcast",
    {
      schema: eventStreamSchema(
        "notifications",
        "Stream the notifications for everyone and for the signed-in user",
        EVENTS,
      ),
    },
    (request, reply) => {
      const source = channel.subscribe({ topics: [EVERYONE, topicOf(request.identity.user)], from: "start" });
      return openStream(request, reply, source, { name: "broadcast", channel });
    },
  );
}
