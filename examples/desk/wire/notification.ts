/** A notification: the data of a `notification` event. */
export interface Notification {
  /** Name of the sender. */
  readonly from: string;
  readonly text: string;
  /** ID of the recipient, or null for everyone. */
  readonly userId: string | null;
  /** ISO 8601. */
  readonly sentAt: string;
}

/** The body of `POST /api/notifications`: exactly one of `userId` and `broadcast`. */
export interface NotificationInput {
  readonly userId?: string;
  readonly broadcast?: true;
  readonly text: string;
}
