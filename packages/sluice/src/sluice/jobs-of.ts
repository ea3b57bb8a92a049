import type { Channel } from "../channel/channel.ts";
import { Jobs } from "../jobs/jobs.ts";
import { checkJobsOptions, type JobsOptions } from "../jobs/jobs-options.ts";
import { channelOf } from "./channel-of.ts";
import { knownOrMade } from "./known-or-made.ts";
import type { SluiceParts } from "./sluice-parts.ts";

/** Returns the jobs of a name, and makes them at the first call: see `Sluice.jobs`. */
export function jobsOf(parts: SluiceParts, name: string, options: JobsOptions | undefined): Jobs {
  const { hub, settings, cluster } = parts;
  const limits = checkJobsOptions(options ?? {});
  const openChannel = (): Channel => channelOf(parts, `jobs:${name}`, options && { retain: options.retain ?? {} });
  const make = (): Jobs => {
    const channel = openChannel();
    channel.isFixed = true;
    const jobs = new Jobs({ hub, channel, name, limits, nodes: settings.log.shared ? cluster : undefined });
    if (parts.hasJoined) jobs.load();
    return jobs;
  };
  const jobs = knownOrMade(hub, { known: parts.jobs, kind: "jobs", name, settings: options && limits, make });
  // If the jobs were known, this compares the option `retain`.
  openChannel();
  return jobs;
}
