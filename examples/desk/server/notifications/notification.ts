/** A notification, as it is streamed. */
export interface Notification {
  /** Name of the sender. */
  readonly from: string;
  readonly text: string;
  /** For whom; null: for everyone. */
  readonly userId: string | null;
  /** ISO 8601. */
  readonly sentAt: string;
}

/** What a sender gives: exactly one of `userId` and `broadcast`. */
export interface NotificationInput {
  readonly userId?: string;
  readonly broadcast?: true;
  readonly text: string;
}

/** The types of the events of the channel `notifications`. */
export type NotificationEvents = {
  readonly notification: Notification;
};

/** The topic of what is for everyone. Every event has a topic, so "only mine" really is only mine. */
export const EVERYONE = "everyone";

/** The topic of what is for one user. */
export function topicOf(userId: string): string {
  return `user:${userId}`;
}

/** JSON schema of {@link NotificationInput}. */
export const NOTIFICATION_INPUT = {
  type: "object",
  required: ["text"],
  additionalProperties: false,
  properties: {
    userId: { type: "string", description: "For this user alone" },
    broadcast: { type: "boolean", const: true, description: "For everyone" },
    text: { type: "string", minLength: 1, maxLength: 280, pattern: "\\S" },
  },
} as const;
