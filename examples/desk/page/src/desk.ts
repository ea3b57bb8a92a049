import type { User } from "../../wire/session.ts";
import { DashboardPane } from "./dashboard/dashboard-pane.ts";
import { ExportsPane } from "./exports/exports-pane.ts";
import { InspectorPane } from "./inspector/inspector-pane.ts";
import { NotificationsPane } from "./notifications/notifications-pane.ts";
import { GeneratorSwitch } from "./orders/generator-switch.ts";
import { OrdersPane } from "./orders/orders-pane.ts";
import { ApiError } from "./server/api.ts";
import { startHealthChecks } from "./server/health-checks.ts";
import type { ServerHealth } from "./server/server-health.ts";
import type { Banner } from "./session/banner.ts";
import { rememberedUser, signIn } from "./session/session.ts";
import { UserSwitch } from "./session/user-switch.ts";
import { DeskStream } from "./streams/desk-stream.ts";
import { LiveStream } from "./streams/live-stream.ts";
import { StreamSet } from "./streams/stream-set.ts";
import { announce } from "./ui/announce.ts";
import { startConnectionState } from "./ui/connection-state.ts";
import { startTheme } from "./ui/theme.ts";

/** The page: its streams, the panes that show their events, and the signed-in user. */
export class Desk {
  #stream = new DeskStream();
  #plainOrders = new LiveStream("Plain orders", "/api/orders/stream");
  #export = new LiveStream("Export", "/api/exports/…/progress", { until: ["completed", "failed", "cancelled"] });
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
    const { orders, notifications, dashboard } = this.#stream;
    this.#health = health;
    this.#user = rememberedUser(users);
    this.#banner = banner;
    this.#userSwitch = new UserSwitch(users, (user) => this.#ignoreApiError(this.signInAs(user)));
    const generator = new GeneratorSwitch();
    this.#ordersPane = new OrdersPane(orders, this.#plainOrders, () => this.#ignoreApiError(this.#openOrders()));
    this.#notificationsPane = new NotificationsPane(notifications, users);
    this.#exportsPane = new ExportsPane(this.#export);
    this.#dashboardPane = new DashboardPane(dashboard, (state) => generator.show(state));
    const streams = [this.#stream, this.#plainOrders, this.#export];
    const set = new StreamSet(streams, health, { userId: () => this.#user.id, onEnded: () => this.#signedOut() });
    new InspectorPane(set, health, { desk: this.#stream, plainOrders: this.#plainOrders });
    startHealthChecks(this.#stream, health);
    startConnectionState(streams, health);
    startTheme(() => this.#dashboardPane.recolor());
  }

  /** Signs in this tab's previous user and opens the stream. */
  async start(): Promise<void> {
    await this.signInAs(this.#user);
  }

  /** Signs in as `user` and opens the stream again, with the new credential and the new user's notifications. */
  async signInAs(user: User): Promise<void> {
    const isOther = user.id !== this.#user.id;
    this.#signingIn++;
    const session = await signIn(user.id).finally(() => this.#signingIn--);
    this.#user = session.user;
    this.#expiresAt = session.expiresAt;
    this.#banner.hideSignedOut();
    this.#userSwitch.show(this.#user);
    this.#stream.setUser(this.#user.id);
    this.#notificationsPane.show(this.#user);
    this.#exportsPane.clear();
    if (this.#plainOrders.state !== "idle") this.#plainOrders.open();
    if (this.#stream.connection > 0) {
      this.#stream.resume();
    } else {
      await this.#dashboardPane.load();
      await this.#openOrders();
    }
    if (isOther) announce(`Signed in as ${this.#user.name}.`);
  }

  /** Shows the newest orders, and continues with the orders after them on the chosen stream. */
  async #openOrders(): Promise<void> {
    const position = await this.#ordersPane.load();
    if (this.#ordersPane.isPlain) {
      this.#plainOrders.open("");
      if (this.#stream.state !== "idle") return;
    } else {
      this.#plainOrders.reset();
    }
    this.#stream.resume({ orders: position });
  }

  /**
   * Handles a session that the server does not accept. If it has expired, the user must sign in again. If the server
   * has forgotten it because it restarted, or another tab has signed in as another user, the page signs in again by
   * itself.
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
