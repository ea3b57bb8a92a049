// @ts-check
/** The channel that most subscribers follow. It is never deleted. */
export const MAIN_CHANNEL = "chaos";
/** A second channel of combined streams. Nodes publish to it themselves. */
export const SIDE_CHANNEL = "side";
/** A channel that is deleted and made anew, again and again, while plain and combined subscribers follow it. */
export const DOC_CHANNEL = "doc";
/** The same, with so few subscribers and events that nodes close it between two uses. */
export const MEMO_CHANNEL = "memo";
/** A channel that is closed and opened again, and never deleted. */
export const NOTE_CHANNEL = "note";

/** The channels whose histories the checker judges. */
export const JUDGED_CHANNELS = [MAIN_CHANNEL, DOC_CHANNEL, MEMO_CHANNEL, NOTE_CHANNEL];

/** Channels besides the main one keep fewer events by this factor. */
const SMALLER = 8;

/** Returns a limit of a channel besides the main one. @param {{ events: number }} limit */
export function smaller({ events }) {
  return { events: Math.ceil(events / SMALLER) };
}
