/** A notification, as the server sends it. */
export interface Notification {
  /** Name of the sender. */
  readonly from: string;
  readonly text: string;
  /** For whom; null: for everyone. */
  readonly userId: string | null;
  readonly sentAt: string;
}
