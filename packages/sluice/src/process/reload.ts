import { SluiceError } from "../base/errors/sluice-error.ts";
import { sleep, within } from "../base/time/timers.ts";
import type { Channel } from "../channel/channel.ts";
import type { ChannelOptions } from "../channel/channel-options.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { JobsOptions } from "../jobs/jobs-options.ts";
import type { SluiceParts } from "../sluice/sluice-parts.ts";
import type { Sluice } from "../sluice.ts";
import { announceReload, endStreams } from "../stream/ending/end-streams.ts";
import { forward } from "./forward.ts";

/** Time for requests whose source is being opened, in ms. */
const OPENING_MS = 5_000;
const STEP_MS = 20;
/** A log is opened at the latest after this time, in ms, even if its predecessor is not closed. */
const CLOSING_MS = 10_000;

/**
 * Closes a Sluice in favour of the current one of its key: its clients reconnect, and calls of its objects go to the
 * current one. Resolves when its log is closed, or 10 s later. `changed` names the options in which the two differ. If
 * there are none, `old` was made only to be compared. `undefined`: they were not compared.
 */
export async function retire(
  old: Sluice,
  shared: ReadonlyMap<string, Sluice>,
  key: string,
  changed: readonly string[] | undefined,
): Promise<void> {
  const { parts } = old;
  const current = () => shared.get(key) as Sluice;
  if (changed?.length === 0) {
    if (current().health().status === "ok") adopt(current(), parts);
  } else if (changed !== undefined) announceReload(`the Sluice "${key}"`, changed);
  const close = old.close.bind(old);
  forwardAll(old, current);
  const { settings } = parts;
  if (settings.log === current().parts.settings.log)
    Object.assign(settings, { log: { shared: settings.log.shared, close: async () => {} } });
  const late = () =>
    new SluiceError("CLOSED", `The Sluice "${key}" is still closing, ${CLOSING_MS} ms after a reload.`);
  await within(end(parts, close), CLOSING_MS, late).catch((error) => parts.hub.report(error, { stage: "log" }));
}

/** Takes over the functions of an equal definition: they see the newest modules. Defines its channels and jobs. */
function adopt(known: Sluice, { settings, channels, jobs }: SluiceParts): void {
  const functions = Object.entries(settings).filter(([, value]) => typeof value === "function");
  Object.assign(known.parts.settings, Object.fromEntries(functions));
  for (const [name, channel] of channels) if (!channel.isFixed) known.channel(name, channelOptionsOf(channel));
  for (const each of jobs.values()) known.jobs(each.name, jobsOptionsOf(each, channels));
}

/** Makes the calls of a Sluice, its channels and its jobs go to the current one. */
function forwardAll(old: Sluice, current: () => Sluice): void {
  const { channels, jobs } = old.parts;
  forward(old, current);
  for (const channel of channels.values())
    if (!channel.isFixed) forward(channel, () => channelOf(current(), channel), ["shutDown", "closed"]);
  for (const each of jobs.values()) forward(each, () => jobsOf(current(), each, channels), ["close", "isBusy"]);
}

/** Ends all streams, also those of requests that are being answered, and closes. */
async function end({ hub }: SluiceParts, close: () => Promise<void>): Promise<void> {
  const latest = performance.now() + OPENING_MS;
  endStreams(hub);
  // Not refused at once: a refusal would stop an EventSource for good.
  while (hub.opening.size + hub.loading.size > 0 && performance.now() < latest) {
    await sleep(STEP_MS);
    endStreams(hub);
  }
  await close();
}

/** Returns the channel that takes the place of another one. It has the same options if it was not defined yet. */
function channelOf(sluice: Sluice, channel: Channel): Channel {
  return sluice.parts.channels.get(channel.name) ?? sluice.channel(channel.name, channelOptionsOf(channel));
}

/** Returns the jobs that take the place of others. They have the same options if they were not defined yet. */
function jobsOf(sluice: Sluice, jobs: Jobs, channels: SluiceParts["channels"]): Jobs {
  return sluice.parts.jobs.get(jobs.name) ?? sluice.jobs(jobs.name, jobsOptionsOf(jobs, channels));
}

/** Returns options that make an equal channel. */
function channelOptionsOf({ settings: { gapEvent, serializer, ...options } }: Channel): ChannelOptions {
  return { ...options, ...serializer } as ChannelOptions;
}

/** Returns options that make equal jobs. */
function jobsOptionsOf({ name, settings }: Jobs, channels: SluiceParts["channels"]): JobsOptions {
  return { ...settings, retain: channels.get(`jobs:${name}`)?.settings.retain ?? {} };
}
