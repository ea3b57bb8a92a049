import { browserKey } from "../session/browser-key.ts";
import { joinCombinedId, type PartIds, splitCombinedId } from "./event-id.ts";
import { LiveStream } from "./live-stream.ts";
import { StreamPart } from "./stream-part.ts";

/**
 * The stream of everything that the signed-in user may see: orders, notifications and the dashboard. All tabs of the
 * user share its connection.
 */
export class DeskStream extends LiveStream {
  readonly orders: StreamPart;
  readonly notifications: StreamPart;
  readonly dashboard: StreamPart;
  #user = "";

  constructor() {
    const orders = new StreamPart("Orders", "orders");
    const notifications = new StreamPart("Notifications", "notifications");
    const dashboard = new StreamPart("Dashboard", "dashboard");
    super("Desk", "/api/stream", {
      parts: [orders, notifications, dashboard],
      key: browserKey(),
      shareKey: () => this.#user,
    });
    this.orders = orders;
    this.notifications = notifications;
    this.dashboard = dashboard;
  }

  /** Sets the user whose stream this is. Another user's notifications begin anew. */
  setUser(user: string): void {
    if (user === this.#user) return;
    this.#user = user;
    // The server refuses the stream if another tab has signed in as another user meanwhile.
    this.path = `/api/stream?user=${encodeURIComponent(user)}`;
    this.notifications.reset();
  }

  /** Opens the stream at the positions of its parts. `moved`: other positions for some of them. */
  resume(moved: PartIds = {}): void {
    const ids = Object.fromEntries(this.parts.map(({ key, lastEventId }) => [key, lastEventId]));
    this.open(joinCombinedId({ ...ids, ...moved }));
  }

  /** The position of each part, by its name. */
  get positions(): PartIds {
    return splitCombinedId(this.lastEventId);
  }
}
