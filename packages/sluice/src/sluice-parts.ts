import type { Channel } from "./channel/channel.ts";
import type { Jobs } from "./jobs/jobs.ts";
import type { SluiceSettings } from "./sluice-options.ts";
import type { StreamHub } from "./stream/stream-hub.ts";

/** The parts of a Sluice that its own modules and a hot reload need. */
export interface SluiceParts {
  readonly settings: SluiceSettings;
  readonly hub: StreamHub;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly jobs: ReadonlyMap<string, Jobs>;
}
