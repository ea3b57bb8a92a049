import { quietSleep, sleep } from "../base/timers.ts";
import type { Channel } from "../channel/channel.ts";
import type { ChannelOptions, ChannelSettings } from "../channel/channel-options.ts";
import type { Jobs } from "../jobs/jobs.ts";
import { JOBS_PREFIX } from "../jobs/jobs-options.ts";
import type { Sluice } from "../sluice.ts";
import { endStreams } from "../stream/end-streams.ts";
import { changedFields } from "./definition.ts";
import { forward } from "./forward.ts";
import type { SharedSluice, SharedSluices } from "./shared-sluices.ts";

/** Time for requests whose source is being opened, in ms. */
const OPENING_MS = 5_000;
const STEP_MS = 20;
/** A log is opened at the latest after this time, in ms, even if its predecessor is not closed. */
const CLOSING_MS = 10_000;

/**
 * Decides between the known Sluice of a key and a new definition of it. If the options are equal, the known one stays,
 * and else the new one. The other one closes, and its calls go to the one that stays.
 */
export function reload(shared: SharedSluices, key: string, made: SharedSluice): void {
  const known = shared.get(key) as SharedSluice;
  if (known.sluice === made.sluice) return;
  const current = () => (shared.get(key) as SharedSluice).sluice;
  const status = known.sluice.health().status;
  const changed = known.version === made.version ? changedSettings(known.sluice, made.sluice) : ["version of sluice"];
  if (status === "ok" && changed.length === 0) {
    adopt(known.sluice, made.sluice);
    void retire(made.sluice, current);
    return;
  }
  if (status === "ok") announce(`the Sluice "${key}"`, changed);
  shared.set(key, made);
  made.sluice.parts.hub.logsFree = Promise.race([retire(known.sluice, current), quietSleep(CLOSING_MS)]);
}

/**
 * Decides about a channel or jobs of a shared Sluice that are defined again, with these settings. They stay the same
 * object. If a channel has other settings, its log is opened again, and its streams reconnect. Jobs have no such state.
 */
export function redefine({ parts }: Sluice, found: object, settings: object): void {
  const { name, settings: known } = found as Channel | Jobs;
  // Schemas have no source text. Only `publish` uses them, so the newest ones count at once.
  const changed = changedFields({ ...known, schemas: undefined }, { ...settings, schemas: undefined });
  if (!("reopen" in found)) {
    const { retain } = settings as ChannelSettings;
    Object.assign((parts.channels.get(JOBS_PREFIX + name) as Channel).settings.retain, retain);
  } else if (changed.length > 0) {
    announce(`the channel "${name}"`, changed);
    return (found as Channel).reopen(settings as ChannelSettings);
  }
  Object.assign(known, settings);
}

/** Takes over the functions of an equal definition: they see the newest modules. Defines its channels and jobs. */
function adopt(known: Sluice, made: Sluice): void {
  const { settings, channels, jobs } = made.parts;
  const functions = Object.entries(settings).filter(([, value]) => typeof value === "function");
  Object.assign(known.parts.settings, Object.fromEntries(functions));
  for (const [name, channel] of channels)
    if (!name.startsWith(JOBS_PREFIX)) known.channel(name, channelOptionsOf(channel));
  for (const [name, { settings }] of jobs) known.jobs(name, settings);
}

/** Closes a Sluice, whose clients reconnect. Its calls go to the Sluice that stays. Resolves when its log is closed. */
async function retire(old: Sluice, current: () => Sluice): Promise<void> {
  const { settings, hub, channels, jobs } = old.parts;
  const close = old.close.bind(old);
  if (settings.log === current().parts.settings.log)
    Object.assign(settings, { log: { shared: settings.log.shared, close: async () => {} } });
  forward(old, current);
  for (const [name, channel] of channels)
    if (!name.startsWith(JOBS_PREFIX)) forward(channel, () => channelOf(current(), channel), ["close", "closed"]);
  for (const each of jobs.values()) forward(each, () => jobsOf(current(), each), ["close", "isBusy"]);
  const end = performance.now() + OPENING_MS;
  endStreams(hub);
  // Not refused at once: a refusal would stop an EventSource for good.
  while (hub.opening.size + hub.loading.size > 0 && performance.now() < end) {
    await sleep(STEP_MS);
    endStreams(hub);
  }
  await close();
}

function changedSettings(known: Sluice, made: Sluice): string[] {
  const [before, after] = [known, made].map(({ parts: { settings } }) => {
    const { log } = settings;
    return { ...settings, log: log.definition?.() ?? log };
  });
  return changedFields(before as object, after as object);
}

/** Returns the channel that takes the place of another one. It has the same options if it was not defined yet. */
function channelOf(sluice: Sluice, channel: Channel): Channel {
  return sluice.parts.channels.get(channel.name) ?? sluice.channel(channel.name, channelOptionsOf(channel));
}

/** Returns the jobs that take the place of others. They have the same limits if they were not defined yet. */
function jobsOf(sluice: Sluice, { name, settings }: Jobs): Jobs {
  return sluice.parts.jobs.get(name) ?? sluice.jobs(name, settings);
}

/** Returns options that make an equal channel. */
function channelOptionsOf({ settings: { gapEvent, ...options } }: Channel): ChannelOptions {
  return options as ChannelOptions;
}

function announce(what: string, changed: readonly string[]): void {
  console.info(`sluice: ${what} has other options than before the reload (${changed.join(", ")}). Streams reconnect.`);
}
