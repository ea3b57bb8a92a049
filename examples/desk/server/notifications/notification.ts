import type { Notification } from "../../wire/notification.ts";

/** The types of the events of the channel `notifications`. */
export type NotificationEvents = {
  readonly notification: Notification;
};

/**
 * Topic of the notifications for everyone. Every notification has a topic, so a user's stream carries only that user's.
 */
export const EVERYONE = "everyone";

/** Returns the topic of one user's notifications. */
export function topicOf(userId: string): string {
  return `user:${userId}`;
}

/** JSON schema of `NotificationInput`. */
export const NOTIFICATION_INPUT = {
  type: "object",
  required: ["text"],
  additionalProperties: false,
  properties: {
    userId: { type: "string", description: "ID of the recipient" },
    broadcast: { type: "boolean", const: true, description: "Send to everyone" },
    text: { type: "string", minLength: 1, maxLength: 280, pattern: "\\S" },
  },
} as const;
