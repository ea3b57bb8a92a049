import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { LogEntry } from "../../../../src/logs/log.ts";
import { makeProgramFolder, type ProgramFolder } from "../../../support/programs/program-folder.ts";

/** How a program makes a log: the function of a module in `src/logs`, and its options. */
export interface LogOfProgram {
  readonly module: string;
  readonly make: string;
  readonly options: object;
}

/** The data of an event that one of the processes appended. */
export interface AppendedData {
  /** Unique name of the call. */
  readonly call: string;
  /** Index of the event in its call. */
  readonly i: number;
  /** Number of events of the call. */
  readonly size: number;
}

/** Appends calls of several events, one after another, until it is killed. Large events take several writes. */
const PROGRAM = `
  import { MAKE as makeLog } from "./log.js";

  const all = { events: Infinity, bytes: Infinity, age: Infinity };
  const channel = await makeLog(JSON.parse(process.argv[2])).open("orders", { retain: all });
  const filler = "x".repeat(1_000);
  for (let n = 0; ; n++) {
    const size = 2 + ((n * 37) % 150);
    const data = (i) => JSON.stringify({ call: process.pid + "/" + n, i, size, filler });
    const call = Array.from({ length: size }, (_, i) => ({ type: "n", data: data(i), json: true }));
    const appended = channel.append(call);
    if (n === 0) process.send("began");
    await appended;
  }
`;

/** A program that appends several events at once, again and again. */
export class PublisherProgram {
  readonly #made: ProgramFolder;
  readonly #options: object;

  static async build({ module, make, options }: LogOfProgram): Promise<PublisherProgram> {
    const program = PROGRAM.replace("MAKE", make);
    const made = await makeProgramFolder({ log: `logs/${module}` }, { "program.js": program });
    return new PublisherProgram(made, options);
  }

  private constructor(made: ProgramFolder, options: object) {
    this.#made = made;
    this.#options = options;
  }

  /** Starts the program. Resolves when its first append has begun. */
  async start(): Promise<ChildProcess> {
    const child = fork(join(this.#made.folder, "program.js"), [JSON.stringify(this.#options)]);
    await Promise.race([
      once(child, "message"),
      once(child, "exit").then(([code]) => {
        throw new Error(`The program exited with ${code}.`);
      }),
    ]);
    return child;
  }

  async remove(): Promise<void> {
    await this.#made[Symbol.asyncDispose]();
  }
}

/** Returns the calls whose events a log has, in its order. Throws if a call is not whole, or another comes between. */
export function wholeCalls(log: readonly LogEntry[]): string[] {
  const entries = log.filter(({ isVoid }) => !isVoid);
  const calls: string[] = [];
  for (let at = 0; at < entries.length; ) {
    const { call, size } = JSON.parse(entries[at]!.data) as AppendedData;
    const found = entries.slice(at, at + size).map(({ data }) => JSON.parse(data) as AppendedData);
    const isWhole = found.length === size && found.every((each, i) => each.call === call && each.i === i);
    if (!isWhole) throw new Error(`Call ${call} of ${size} events is not whole at index ${at}.`);
    calls.push(call);
    at += size;
  }
  return calls;
}
