import { type DrainOptions, type Sluice, SluiceError } from "../index.ts";

/** What every adapter is registered with. */
export interface AdapterOptions {
  /** The Sluice whose streams these are. It stays its owner's: the adapter never closes it. */
  readonly sluice: Sluice;
}

/** What adapters of frameworks that tell of their shutdown are registered with besides. */
export interface DrainingAdapterOptions extends AdapterOptions {
  /**
   * How streams are ended when the application closes, before its server does, which would wait for them. `false`: not at all, for a
   * Sluice that outlives the application. Default: `{}`, as `sluice.drain()` does by itself.
   */
  readonly drain?: DrainOptions | false;
}

const DRAIN_NAMES = ["grace", "timeout", "pace", "spread"];

/** Throws `INVALID_OPTION` where an option is not what its description says: at registration, not with the first request. */
export function checkAdapterOptions(adapter: string, options: DrainingAdapterOptions, names: readonly string[]): void {
  const refuse = (message: string) => new SluiceError("INVALID_OPTION", `${adapter}: ${message}`);
  if (typeof options?.sluice?.stream !== "function")
    throw refuse("`sluice` must be a Sluice, as createSluice() makes it. Pass { sluice }.");
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) throw refuse(`there is no option \`${name}\`. There are: ${names.join(", ")}.`);
  }
  const { drain = {} } = options;
  if (drain === false) return;
  if (typeof drain !== "object" || drain === null)
    throw refuse("`drain` must be an object of drain options, or false.");
  for (const [name, ms] of Object.entries(drain)) {
    if (!DRAIN_NAMES.includes(name))
      throw refuse(`\`drain\` has no option \`${name}\`. It has: ${DRAIN_NAMES.join(", ")}.`);
    if (ms !== undefined && !(typeof ms === "number" && ms >= 0 && ms <= Number.MAX_SAFE_INTEGER))
      throw refuse(`\`drain.${name}\` must be a number of ms of at least 0.`);
  }
}
