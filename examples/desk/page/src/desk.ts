import { DashboardPane } from "./dashboard/dashboard-pane.ts";
import { ExportsPane } from "./exports/exports-pane.ts";
import { InspectorPane } from "./inspector/inspector-pane.ts";
import { NotificationsPane } from "./notifications/notifications-pane.ts";
import { GeneratorSwitch } from "./orders/generator-switch.ts";
import { ORDER_PATHS, OrdersPane } from "./orders/orders-pane.ts";
import { ApiError } from "./server/api.ts";
import type { Presence } from "./server/presence.ts";
import { startPulse } from "./server/pulse.ts";
import type { Banner } from "./session/banner.ts";
import { rememberedUser, signIn, type User } from "./session/session.ts";
import { UserSwitch } from "./session/user-switch.ts";
import { LiveStream } from "./streams/live-stream.ts";
import { StreamSet } from "./streams/stream-set.ts";
import { announce } from "./ui/announce.ts";
import { startLinkState } from "./ui/link-state.ts";
import { startTheme } from "./ui/theme.ts";

/** The page: five streams, the panes that show what they bring, and who is signed in. */
export class Desk {
  #orders = new LiveStream("Orders", ORDER_PATHS.reliable);
  #mine = new LiveStream("Notifications", "/api/notifications/stream");
  #wall = new LiveStream("Broadcast", "/api/notifications/broadcast");
  #figures = new LiveStream("Dashboard", "/api/dashboard/stream");
  #export = new LiveStream("Export", "/api/exports/…/progress");
  #presence: Presence;
  #user: User;
  #expiresAt = 0;
  #signingIn = 0;
  #banner: Banner;
  #switch: UserSwitch;
  #ordersPane: OrdersPane;
  #notificationsPane: NotificationsPane;
  #exportsPane: ExportsPane;
  #dashboardPane: DashboardPane;

  constructor(users: readonly User[], presence: Presence, banner: Banner) {
    this.#presence = presence;
    this.#user = rememberedUser(users);
    this.#banner = banner;
    this.#switch = new UserSwitch(users, (user) => this.#quietly(this.become(user)));
    const generator = new GeneratorSwitch();
    this.#ordersPane = new OrdersPane(this.#orders);
    this.#notificationsPane = new NotificationsPane(this.#mine, this.#wall, users);
    this.#exportsPane = new ExportsPane(this.#export);
    this.#dashboardPane = new DashboardPane(this.#figures, (state) => generator.show(state));
    const streams = [this.#orders, this.#mine, this.#wall, this.#figures, this.#export];
    const set = new StreamSet(streams, presence, () => this.#signedOut());
    new InspectorPane(set, presence, this.#orders);
    startPulse(this.#figures, presence);
    startLinkState(streams, presence);
    startTheme(() => this.#dashboardPane.recolor());
  }

  /** Signs in the user this tab had last, and opens everything. */
  async start(): Promise<void> {
    await this.become(this.#user);
    await this.#dashboardPane.open();
  }

  /** Signs in as `user`; all streams are opened again with the new credential. */
  async become(user: User): Promise<void> {
    const other = user.id !== this.#user.id;
    this.#signingIn++;
    const session = await signIn(user.id).finally(() => this.#signingIn--);
    this.#user = session.user;
    this.#expiresAt = session.expiresAt;
    this.#banner.signedOut(undefined);
    this.#switch.show(this.#user);
    this.#notificationsPane.show(this.#user);
    this.#exportsPane.clear();
    for (const stream of [this.#mine, this.#wall]) {
      stream.reset();
      stream.open(null);
    }
    if (this.#figures.connection > 0) this.#figures.open();
    if (this.#orders.connection > 0) this.#orders.open();
    else await this.#ordersPane.open();
    if (other) announce(`Signed in as ${this.#user.name}.`);
  }

  /**
   * The server knows the session no more. When it has run out, that is for the user to say; when the server has forgotten it, for
   * it was restarted, the page goes on by itself.
   */
  #signedOut(): void {
    // Each stream that is refused leads here; once is enough.
    if (this.#signingIn > 0) return;
    const again = () => this.#quietly(this.become(this.#user));
    if (Date.now() >= this.#expiresAt) return this.#banner.signedOut(again);
    this.#expiresAt = 0;
    again();
  }

  /** What fails here fails because the server is away, which the banner says and the streams get over. */
  #quietly(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
      this.#switch.show(this.#user);
      void this.#presence.check();
    });
  }
}
