import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";

const SRC = fileURLToPath(new URL("../../../../src/", import.meta.url));
const MODULES = fileURLToPath(new URL("../../../../../../node_modules", import.meta.url));

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
export interface FollowerProgram extends AsyncDisposable {
  readonly path: string;
}

/** Builds the program of a node that follows channels on a log. `kind`: the function that makes the log. */
export async function buildFollower(kind: "redisLog" | "natsLog"): Promise<FollowerProgram> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-follower-"));
  const name = kind.slice(0, -"Log".length);
  await build({
    input: { [kind]: join(SRC, `logs/${name}/${name}-log.ts`) },
    external: ["redis", /^@nats-io\//],
    output: { dir: folder },
  });
  await symlink(MODULES, join(folder, "node_modules"), "dir");
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  const path = join(folder, "node.js");
  await writeFile(path, PROGRAM);
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}
