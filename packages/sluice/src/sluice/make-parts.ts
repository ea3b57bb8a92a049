import { callGuarded, ignore } from "../base/errors/guard.ts";
import { OnDemand } from "../base/loading/on-demand.ts";
import { Channel } from "../channel/channel.ts";
import { StreamHub } from "../stream/stream-hub.ts";
import { checkSluiceOptions, type SluiceOptions } from "./sluice-options.ts";
import type { SluiceParts } from "./sluice-parts.ts";

/** Makes the parts of a Sluice. Throws `INVALID_OPTION`. */
export function makeParts(options: SluiceOptions): SluiceParts {
  const settings = checkSluiceOptions(options);
  // A failure of `onError` itself has no receiver.
  const hub = new StreamHub(settings, (error, context) => callGuarded(settings.onError, ignore, error, context));
  const parts: SluiceParts = {
    hub,
    settings,
    channels: new Map(),
    jobs: new Map(),
    cluster: new OnDemand(async () => {
      const { joinNodes } = await import("./join-nodes.ts");
      return joinNodes(parts, (name, options) => new Channel({ hub, settings, name, options }));
    }),
    combining: new OnDemand(async () => new (await import("../channel/combine/combining.ts")).Combining(hub)),
    hasJoined: false,
    isClosed: false,
  };
  return parts;
}
