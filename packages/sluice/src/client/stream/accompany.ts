import { keepPosition } from "./keep-position.ts";
import { useShortStreams } from "./short-streams.ts";
import { watchSurroundings } from "./surroundings.ts";
import type { TabLoop, TabOwner, TabReceiver, TabSettings, TabStream } from "./tabs/tab-stream.ts";

/**
 * Adapts a stream to the network, the page, the machine and the other tabs until the signal aborts. Sets `owner.kept`,
 * and resolves to the kept position; to `undefined` without a store. Does nothing if called again.
 *
 * It is called late if this code could not be loaded at first. The stream then has a position already, and shares with
 * no tab.
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
  if (owner.isAccompanied) return;
  owner.isAccompanied = true;
  const { shareAcrossTabs, pauseWhenHidden } = settings;
  const tabs =
    shareAcrossTabs && !loop.lastEnd && (await import("./tabs/share.ts").catch((error) => owner.failed(error, "load")));
  if (signal.aborted) return;
  // The code for tabs imports none of these, so that bundlers need no exports for it.
  if (tabs) tabs.share(loop, settings, delivery, signal, owner, create, keepPosition, useShortStreams, shown);
  else {
    useShortStreams(settings, delivery, loop, signal);
    // A position of a stream that should share belongs to a key.
    if (!shareAcrossTabs) owner.kept = keepPosition(settings, owner.failed);
  }
  watchSurroundings(loop, pauseWhenHidden, signal);
  return owner.kept?.load();
}
