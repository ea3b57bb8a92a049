import { type DrainOptions, type Sluice, SluiceError } from "../../index.ts";
import { DRAIN_TIMES } from "../../stream/ending/drain-options.ts";

/** Options of every adapter. */
export interface AdapterOptions {
  /** Sets the Sluice whose streams the adapter opens. The adapter never closes it. Required. */
  readonly sluice: Sluice;
}

/** Options of the adapters for frameworks that announce their shutdown. */
export interface DrainingAdapterOptions extends AdapterOptions {
  /**
   * Sets how streams are drained when the application closes; see `Sluice.drain`. The drain ends before the server
   * waits for open connections. The framework closes its server itself. `false`: streams are not drained, for a Sluice
   * that outlives the application. Default: `{}`, the defaults of `Sluice.drain`.
   */
  readonly drain?: Omit<DrainOptions, "server"> | false;
}

/** Validates the options of an adapter, when it is registered. Throws `INVALID_OPTION`. */
export function checkAdapterOptions(adapter: string, options: DrainingAdapterOptions, names: readonly string[]): void {
  const refuse = (message: string) => new SluiceError("INVALID_OPTION", `${adapter}: ${message}`);
  if (typeof options?.sluice?.stream !== "function")
    throw refuse("`sluice` must be a Sluice that createSluice() made. Pass { sluice }.");
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) throw refuse(`there is no option \`${name}\`. The options are: ${names.join(", ")}.`);
  }
  const { drain = {} } = options;
  if (drain === false) return;
  if (typeof drain !== "object" || drain === null)
    throw refuse("`drain` must be an object of drain options, or false.");
  for (const [name, ms] of Object.entries(drain)) {
    if (!DRAIN_TIMES.includes(name))
      throw refuse(`\`drain\` has no option \`${name}\`. It has: ${DRAIN_TIMES.join(", ")}.`);
    if (ms !== undefined && !(typeof ms === "number" && ms >= 0 && ms <= Number.MAX_SAFE_INTEGER))
      throw refuse(`\`drain.${name}\` must be a number of ms of at least 0.`);
  }
}
