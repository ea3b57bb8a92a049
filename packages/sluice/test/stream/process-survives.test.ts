import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** Prints what it has seen, and exits when it has nothing more to do. `leave()` sends a request and cuts it. */
const HEAD = `
  import { createReadStream } from "node:fs";
  import { createServer } from "node:http";
  import { connect } from "node:net";
  import { createSluice } from "./sluice.js";

  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const seen = [];
  let handle = (req, res) => res.end();
  const server = createServer((req, res) => handle(req, res));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const ask = () => {
    const socket = connect(server.address().port, "127.0.0.1").on("error", () => {}).resume();
    socket.write("GET / HTTP/1.1\\r\\nhost: a\\r\\n\\r\\n");
    return socket;
  };
  const answer = (socket) => new Promise((resolve) => socket.once("data", resolve));
  const until = async (condition) => { while (!condition()) await wait(5); };
  const fail = async () => { throw new Error("in the callback"); };
  const report = (error, { stage }) => seen.push(stage + " " + (error.code ?? error.message));
`;
/** Waits for the reports, and then for further ones. */
const tail = (reports: number) => `
  for (let i = 0; i < 1_000 && seen.length < ${reports}; i++) await wait(50);
  await wait(150);
  console.log(JSON.stringify(seen));
  process.exit(0);
`;

/** The programs, and the reports that their `onError` receives. */
const PROGRAMS: [name: string, program: string, seen: string[]][] = [
  [
    "a client leaves before the source function returns a file that is missing",
    `const sluice = createSluice({ onError: report });
     handle = (req, res) => sluice.stream(req, res, () => null);
     // The code of streams is loaded then.
     await answer(ask());
     let response, isLeft = false;
     const source = async () => { await until(() => isLeft); return createReadStream("/deleted"); };
     handle = (req, res) => sluice.stream(req, (response = res), source);
     const socket = ask(); await until(() => response !== undefined);
     response.once("close", () => (isLeft = true)); socket.destroy(); await until(() => isLeft);`,
    [],
  ],
  [
    "a request is refused whose source is a file that is missing",
    `const sluice = createSluice({ onError: report, maxConnections: 1 });
     handle = (req, res) => sluice.stream(req, res, async function* () { await wait(10_000); });
     ask(); await until(() => sluice.stats().streams === 1);
     handle = (req, res) => sluice.stream(req, res, createReadStream("/deleted"));
     await answer(ask());`,
    [],
  ],
  [
    "a file is missing while the code of streams is being loaded",
    `const sluice = createSluice({ onError: report });
     handle = (req, res) => sluice.stream(req, res, createReadStream("/deleted"));
     ask();`,
    ["source ENOENT"],
  ],
  [
    "onError returns a promise that rejects",
    `const sluice = createSluice({ onError: (...about) => { report(...about); return fail(); } });
     handle = (req, res) => sluice.stream(req, res, fail);
     ask();`,
    ["source in the callback"],
  ],
  [
    "onClose returns a promise that rejects",
    `const sluice = createSluice({ onError: report });
     handle = (req, res) => sluice.stream(req, res, () => null, { onClose: fail });
     ask();`,
    ["on-close in the callback"],
  ],
  [
    "connectionKey returns a promise that rejects",
    `const sluice = createSluice({ onError: report, maxConnectionsPerKey: 1, connectionKey: fail });
     handle = (req, res) => sluice.stream(req, res, () => null);
     ask();`,
    ["connection-key INVALID_OPTION"],
  ],
  [
    "a filter returns a promise that rejects",
    `const sluice = createSluice({ onError: report });
     const channel = sluice.channel("news");
     handle = (req, res) => sluice.stream(req, res, channel.subscribe({ filter: fail }));
     ask(); await until(() => channel.stats().subscribers === 1); await channel.publish("n", 1);`,
    ["filter INVALID_OPTION"],
  ],
  [
    "other code has answered before the handler calls stream()",
    `const sluice = createSluice({ onError: report });
     handle = async (req, res) => {
       res.writeHead(503).end("too late"); await wait(20);
       sluice.stream(req, res, async function* () {});
     };
     ask();`,
    ["head ALREADY_ANSWERED"],
  ],
  [
    "an option comes from a query parameter that came twice",
    `const sluice = createSluice({ onError: report });
     handle = (req, res) => { sluice.stream(req, res, async function* () {}, { lastEventId: ["1", "2"] }); };
     ask();`,
    ["options INVALID_OPTION"],
  ],
];

describe("the process keeps running", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-survives-"));
    await build({
      input: { sluice: fileURLToPath(new URL("../../src/index.ts", import.meta.url)) },
      output: { dir: folder },
    });
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(PROGRAMS)("when %s", async (name, program, seen) => {
    const file = join(folder, `${name.replaceAll(/[^a-zA-Z]+/g, "-")}.js`);
    await writeFile(file, HEAD + program + tail(seen.length));
    const child = spawn(process.execPath, [file]);
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text) => (output += text));
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect(output.trim()).toBe(JSON.stringify(seen));
    expect(code).toBe(0);
  });
});
