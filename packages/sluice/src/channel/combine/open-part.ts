import type { OpenChannel } from "../open-channel.ts";
import type { SubscriptionSettings } from "../subscribe-options.ts";

/** A part of a combination whose channel is open. */
export interface OpenPart {
  readonly name: string;
  readonly channel: OpenChannel;
  readonly settings: SubscriptionSettings;
}
