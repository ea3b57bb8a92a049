import { keepPosition } from "./keep-position.ts";
import { useShortStreams } from "./short-streams.ts";
import { watchSurroundings } from "./surroundings.ts";
import type { TabLoop, TabOwner, TabReceiver, TabSettings, TabStream } from "./tabs/tab-stream.ts";

/**
 * Adapts a stream to the network, the page, the machine and the other tabs until the signal aborts. Sets `owner.kept`,
 * and resolves to the kept position; to `undefined` without a store.
 */
export async function accompany(
  loop: TabLoop,
  settings: TabSettings,
  delivery: TabReceiver,
  signal: AbortSignal,
  owner: TabOwner,
  create: TabStream["create"],
  shown: TabStream["shown"],
): Promise<string | undefined> {
  if (settings.shareAcrossTabs) {
    const { share } = await import("./tabs/share.ts");
    // The code for tabs imports none of these, so that bundlers need no exports for it.
    share(loop, settings, delivery, signal, owner, create, keepPosition, useShortStreams, shown);
  } else {
    if (!signal.aborted) useShortStreams(settings, delivery, loop, signal);
    owner.kept = keepPosition(settings, owner.failed);
  }
  watchSurroundings(loop, settings.pauseWhenHidden, signal);
  return owner.kept?.load();
}
