import { Desk } from "./desk.ts";
import { ApiError } from "./server/api.ts";
import { ServerHealth } from "./server/server-health.ts";
import { Banner } from "./session/banner.ts";
import { loadUsers } from "./session/session.ts";

const RELOAD_DELAY_MS = 3_000;

const health = new ServerHealth();
const banner = new Banner(health);
await start();

/** Starts the page. If the server is down, the banner shows it, and the page reloads when the server is up. */
async function start(): Promise<void> {
  try {
    await new Desk(await loadUsers(), health, banner).start();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    health.addEventListener("change", () => {
      if (health.state === "up") location.reload();
    });
    await health.check();
    // The server is up again already, so there was no change of state to react to.
    if (health.state === "up") setTimeout(() => location.reload(), RELOAD_DELAY_MS);
  }
}
