import type { User } from "../../wire/session.ts";
import { DashboardPane } from "./dashboard/dashboard-pane.ts";
import { ExportsPane } from "./exports/exports-pane.ts";
import { InspectorPane } from "./inspector/inspector-pane.ts";
import { NotificationsPane } from "./notifications/notifications-pane.ts";
import { GeneratorSwitch } from "./orders/generator-switch.ts";
import { ORDER_PATHS, OrdersPane } from "./orders/orders-pane.ts";
import { ApiError } from "./server/api.ts";
import { startMetricTimeout } from "./server/metric-timeout.ts";
import type { ServerHealth } from "./server/server-health.ts";
import type { Banner } from "./session/banner.ts";
import { rememberedUser, signIn } from "./session/session.ts";
import { UserSwitch } from "./session/user-switch.ts";
import { LiveStream } from "./streams/live-stream.ts";
import { StreamSet } from "./streams/stream-set.ts";
import { announce } from "./ui/announce.ts";
import { startConnectionState } from "./ui/connection-state.ts";
import { startTheme } from "./ui/theme.ts";

/** The page: five streams, the panes that show their events, and the signed-in user. */
export class Desk {
  #orders = new LiveStream("Orders", ORDER_PATHS.reliable);
  #notifications = new LiveStream("Notifications", "/api/notifications/stream");
  #broadcasts = new LiveStream("Broadcasts", "/api/notifications/broadcast");
  #dashboard = new LiveStream("Dashboard", "/api/dashboard/stream");
  #export = new LiveStream("Export", "/api/exports/…/progress");
  #health: ServerHealth;
  #user: User;
  #expiresAt = 0;
  #signingIn = 0;
  #banner: Banner;
  #userSwitch: UserSwitch;
  #ordersPane: OrdersPane;
  #notificationsPane: NotificationsPane;
  #exportsPane: ExportsPane;
  #dashboardPane: DashboardPane;

  constructor(users: readonly User[], health: ServerHealth, banner: Banner) {
    this.#health = health;
    this.#user = rememberedUser(users);
    this.#banner = banner;
    this.#userSwitch = new UserSwitch(users, (user) => this.#ignoreApiError(this.signInAs(user)));
    const generator = new GeneratorSwitch();
    this.#ordersPane = new OrdersPane(this.#orders);
    this.#notificationsPane = new NotificationsPane(this.#notifications, this.#broadcasts, users);
    this.#exportsPane = new ExportsPane(this.#export);
    this.#dashboardPane = new DashboardPane(this.#dashboard, (state) => generator.show(state));
    const streams = [this.#orders, this.#notifications, this.#broadcasts, this.#dashboard, this.#export];
    const set = new StreamSet(streams, health, () => this.#signedOut());
    new InspectorPane(set, health, this.#orders);
    startMetricTimeout(this.#dashboard, health);
    startConnectionState(streams, health);
    startTheme(() => this.#dashboardPane.recolor());
  }

  /** Signs in this tab's previous user and opens all streams. */
  async start(): Promise<void> {
    await this.signInAs(this.#user);
    await this.#dashboardPane.open();
  }

  /** Signs in as `user` and opens all streams again, with the new credential. */
  async signInAs(user: User): Promise<void> {
    const isOther = user.id !== this.#user.id;
    this.#signingIn++;
    const session = await signIn(user.id).finally(() => this.#signingIn--);
    this.#user = session.user;
    this.#expiresAt = session.expiresAt;
    this.#banner.hideSignedOut();
    this.#userSwitch.show(this.#user);
    this.#notificationsPane.show(this.#user);
    this.#exportsPane.clear();
    for (const stream of [this.#notifications, this.#broadcasts]) {
      stream.reset();
      stream.open(null);
    }
    if (this.#dashboard.connection > 0) this.#dashboard.open();
    if (this.#orders.connection > 0) this.#orders.open();
    else await this.#ordersPane.open();
    if (isOther) announce(`Signed in as ${this.#user.name}.`);
  }

  /**
   * Handles a session that the server does not accept. If it has expired, the user must sign in again. If the server
   * has forgotten it because it restarted, the page signs in again by itself.
   */
  #signedOut(): void {
    // Each refused stream calls this, but one sign-in is enough.
    if (this.#signingIn > 0) return;
    const signInAgain = () => this.#ignoreApiError(this.signInAs(this.#user));
    if (Date.now() >= this.#expiresAt) return this.#banner.showSignedOut(signInAgain);
    this.#expiresAt = 0;
    signInAgain();
  }

  /** Ignores an {@link ApiError}: the server is down, which the banner shows, and the streams reconnect. */
  #ignoreApiError(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
      this.#userSwitch.show(this.#user);
      void this.#health.check();
    });
  }
}
