import type { RootDatabase } from "lmdb";
import { SluiceError } from "../../../base/errors/sluice-error.ts";
import { CHANNEL_LIST, guardKey, nameKey } from "./keys.ts";

/**
 * Identifies the layout of everything in the store. Stored behind the number of channels. A new layout needs a new
 * name.
 */
const FORMAT = Buffer.from("sluice 1");

/** Adds a record to the change that is being prepared. */
type Put = (key: Buffer, value: Buffer, version?: number) => void;

/** The names of the channels in a folder, and the number of each. */
export class ChannelList {
  readonly #db: RootDatabase<Uint8Array, Buffer>;
  readonly #path: string;
  readonly #put: Put;

  constructor(db: RootDatabase<Uint8Array, Buffer>, path: string, put: Put) {
    this.#db = db;
    this.#path = path;
    this.#put = put;
  }

  /** Returns the number of a channel, or `undefined` if there is no channel of this name. */
  numberOf(name: string): number | undefined {
    this.#count();
    return this.#db.getBinary(nameKey(name))?.readUInt32BE();
  }

  /**
   * Adds the channels that do not exist yet, and returns the numbers of all. Calls `begin` with the number of each new
   * channel. Call it only in a change of {@link CHANNEL_LIST}.
   */
  add(names: Iterable<string>, begin: (channel: number) => void): Map<string, number> {
    let count = this.#count();
    const numbers = new Map<string, number>();
    for (const name of names) {
      const known = this.numberOf(name);
      const number = known ?? ++count;
      numbers.set(name, number);
      if (known !== undefined) continue;
      this.#put(nameKey(name), numberValue(number));
      begin(number);
    }
    if (count > this.#count()) this.#put(guardKey(CHANNEL_LIST), Buffer.concat([numberValue(count), FORMAT]), count);
    return numbers;
  }

  /** Returns the highest number that a channel has had. Throws `LOG_FAILED` if the data has another layout. */
  #count(): number {
    const list = this.#db.getBinary(guardKey(CHANNEL_LIST));
    if (list === undefined) return 0;
    if (FORMAT.equals(list.subarray(4))) return list.readUInt32BE();
    throw new SluiceError(
      "LOG_FAILED",
      `The events in ${JSON.stringify(this.#path)} were written by another version of Sluice, in another layout. ` +
        "Give lmdbLog another folder, or use that version.",
    );
  }
}

function numberValue(number: number): Buffer {
  const value = Buffer.alloc(4);
  value.writeUInt32BE(number);
  return value;
}
