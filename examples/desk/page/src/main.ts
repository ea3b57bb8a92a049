import { Desk } from "./desk.ts";
import { ApiError } from "./server/api.ts";
import { Presence } from "./server/presence.ts";
import { Banner } from "./session/banner.ts";
import { loadUsers } from "./session/session.ts";

const RELOAD_DELAY_MS = 3_000;

const presence = new Presence();
const banner = new Banner(presence);
await start();

/** Starts the page; when the server is away already, it says so and starts as soon as the server is back. */
async function start(): Promise<void> {
  try {
    await new Desk(await loadUsers(), presence, banner).start();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    presence.addEventListener("change", () => {
      if (presence.state === "up") location.reload();
    });
    await presence.check();
    // It answers again already: what failed was a moment's trouble.
    if (presence.state === "up") setTimeout(() => location.reload(), RELOAD_DELAY_MS);
  }
}
