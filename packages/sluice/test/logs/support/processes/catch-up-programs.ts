import { join } from "node:path";
import { makeProgramFolder, type ProgramFolder, SHARED_LOGS } from "../../../support/programs/program-folder.ts";

/** The logs that several processes share, by the name of the function that makes them. */
export type SharedLogKind = "redisLog" | "natsLog" | "lmdbLog";

/** A node with open channels `c0`, `c1` …, which it iterates or serves. It can stand still without holding a lock. */
const NODE = `
  import { existsSync } from "node:fs";
  import { createServer } from "node:http";
  import { createSluice } from "./sluice.js";

  const [kind, options] = process.argv.slice(2);
  const { [kind]: makeLog } = await import("./" + kind + ".js");
  const sluice = createSluice({ log: makeLog(JSON.parse(options)) });
  const retain = { events: Infinity, bytes: Infinity, age: Infinity };
  let opened;
  let iterated = 0;
  const iterate = async (channel) => {
    for await (const { type } of channel.subscribe()) if (type === "t") iterated++;
  };
  const commands = {
    async open({ channels, iterate: isIterated }) {
      opened = Array.from({ length: channels }, (_, i) => sluice.channel("c" + i, { retain }));
      for (const channel of opened) await channel.position();
      if (isIterated) for (const channel of opened) void iterate(channel);
    },
    async serve() {
      const answer = (req, res) => sluice.stream(req, res, opened[Number(req.url.slice(1))].subscribe());
      const server = createServer((req, res) => void answer(req, res));
      await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
      return server.address().port;
    },
    kept: () => opened.reduce((sum, channel) => sum + channel.stats().retained, 0),
    iterated: () => iterated,
    standStill({ until }) {
      const clock = new Int32Array(new SharedArrayBuffer(4));
      while (!existsSync(until)) Atomics.wait(clock, 0, 0, 10);
    },
  };
  process.on("message", async (message) => process.send({ answer: await commands[message.do](message) }));
  process.on("disconnect", () => process.exit());
`;

/** A process with one subscriber for each channel of a node. It counts the events, and keeps none of them. */
const SUBSCRIBERS = `
  import { connect } from "node:net";

  const EVENT = Buffer.from("event: t\\n");
  let events = 0;
  let begun = 0;
  const subscribe = (port, index) => {
    const socket = connect(port, "127.0.0.1");
    socket.write("GET /" + index + " HTTP/1.1\\r\\nhost: node\\r\\naccept: text/event-stream\\r\\n\\r\\n");
    socket.once("data", () => begun++);
    let rest = Buffer.alloc(0);
    socket.on("data", (data) => {
      const bytes = Buffer.concat([rest, data]);
      for (let at = bytes.indexOf(EVENT); at >= 0; at = bytes.indexOf(EVENT, at + EVENT.length)) events++;
      rest = Buffer.from(bytes.subarray(Math.max(0, bytes.length - EVENT.length + 1)));
    });
  };
  const commands = {
    subscribe({ port, channels }) {
      for (let index = 0; index < channels; index++) subscribe(port, index);
    },
    begun: () => begun,
    events: () => events,
  };
  process.on("message", (message) => process.send({ answer: commands[message.do](message) }));
  process.on("disconnect", () => process.exit());
`;

/** The programs on disk. Start each as a `NodeProcess`. Their folder has room for other files. */
export interface CatchUpPrograms extends ProgramFolder {
  readonly node: string;
  readonly subscribers: string;
}

/** Builds a node on a log, and a process of subscribers. */
export async function buildCatchUpPrograms(kind: SharedLogKind): Promise<CatchUpPrograms> {
  const modules = { sluice: "index.ts", [kind]: SHARED_LOGS[kind] };
  const made = await makeProgramFolder(modules, { "node.js": NODE, "subscribers.js": SUBSCRIBERS });
  return { ...made, node: join(made.folder, "node.js"), subscribers: join(made.folder, "subscribers.js") };
}
