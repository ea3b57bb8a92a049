import { join } from "node:path";
import { makeProgramFolder, type ProgramFolder, SHARED_LOGS } from "../../../support/programs/program-folder.ts";

/** A process that follows the channels `c0`, `c1` …, counts the entries that it receives, and appends some. */
const PROGRAM = `
  const [kind, options] = process.argv.slice(2);
  const { [kind]: makeLog } = await import("./" + kind + ".js");
  const log = makeLog(JSON.parse(options));
  const opened = [];
  let all = 0;
  let allAtLastChannel;
  const open = async (index, isLast, age) => {
    const channel = await log.open("c" + index, { retain: { events: Infinity, bytes: Infinity, age } });
    opened.push(channel);
    const appended = (entries) => {
      all += entries.length;
      if (isLast) allAtLastChannel ??= all;
    };
    channel.tail({ appended, trimmed() {}, reset() {} });
  };
  const commands = {
    async follow({ channels, age = Infinity }) {
      for (let index = 0; index < channels; index++) await open(index, index === channels - 1, age);
      return Date.now();
    },
    append: ({ entry }) => opened[0].append([entry]),
    received: () => ({ all, allAtLastChannel }),
  };
  process.on("message", async (message) => process.send({ answer: await commands[message.do](message) }));
  process.on("disconnect", () => process.exit());
`;

/** Numbers of entries that the process has received. */
export interface Received {
  readonly all: number;
  /** The number when the first entry of the last channel had arrived. */
  readonly allAtLastChannel?: number;
}

/** A program on disk. Start it as a `NodeProcess`. */
export interface FollowerProgram extends ProgramFolder {
  readonly path: string;
}

/** Builds the program of a node that follows channels on a log. `kind`: the function that makes the log. */
export async function buildFollower(kind: "redisLog" | "natsLog"): Promise<FollowerProgram> {
  const made = await makeProgramFolder({ [kind]: SHARED_LOGS[kind] }, { "node.js": PROGRAM });
  return { ...made, path: join(made.folder, "node.js") };
}
