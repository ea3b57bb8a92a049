import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { get } from "node:http";
import { platform, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NATS_SERVER, startNats } from "../support/nats-server.ts";
import { REDIS_SERVER, startRedis } from "../support/redis-server.ts";
import { until } from "../support/until.ts";

/*
 * Far more events than the process that replays them may take memory for: one node fills the log, a new one replays it to a subscriber, and keeps another
 * live meanwhile.
 */

const MEBIBYTE = 1_048_576;
const EVENTS = 1_000_000;
/** What is said of each event's data besides its number: together some 300 MB. */
const TEXT_BYTES = 300_000_000;
/** By which the replaying process may grow. Most of it is garbage that is not collected yet. */
const MOST_GROWTH_BYTES = 160 * MEBIBYTE;
/** How often its memory is looked at, in ms. */
const LOOK_EVERY_MS = 10;
/** Published while the replay is under way, at this many moments of its first half. */
const LIVE_EVENTS = 10;
const TIMEOUT_MS = 300_000;

const SRC = fileURLToPath(new URL("../../src/", import.meta.url));
const MODULES = fileURLToPath(new URL("../../../../node_modules", import.meta.url));

/** A node that fills the log with numbers, or serves it. */
const PROGRAM = `
  import { createServer } from "node:http";
  import { createSluice } from "./sluice.js";

  const [kind, options] = process.argv.slice(2);
  const { [kind]: makeLog } = await import("./" + kind + ".js");
  const sluice = createSluice({ log: makeLog(JSON.parse(options)) });
  const numbers = sluice.channel("numbers", { retain: { events: 1e7, bytes: 4 * 2 ** 30 } });
  const publish = (n, filler) => numbers.publish("number", n + " " + filler);
  const commands = {
    async fill({ events, characters }) {
      const filler = "x".repeat(characters);
      let n = 0;
      const publishSome = async () => {
        while (n < events) await publish(++n, filler);
      };
      await Promise.all(Array.from({ length: 5_000 }, publishSome));
      return numbers.position();
    },
    publish: ({ n }) => void publish(n, ""),
    async serve() {
      await numbers.position();
      const server = createServer((req, res) => void sluice.stream(req, res, numbers.subscribe()));
      await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
      globalThis.gc();
      return server.address().port;
    },
  };
  process.on("message", async (message) => {
    const answer = await commands[message.do](message);
    if (answer !== undefined) process.send({ answer });
  });
  process.on("disconnect", () => process.exit());
`;

/** A process of its own. */
class Node implements Disposable {
  readonly #child: ChildProcess;

  constructor(program: string, kind: string, options: object) {
    this.#child = fork(program, [kind, JSON.stringify(options)], { execArgv: ["--expose-gc"] });
  }

  tell(message: object): void {
    this.#child.send(message);
  }

  /** One question at a time. */
  async ask<Answer>(message: object): Promise<Answer> {
    this.tell(message);
    const [{ answer }] = await Promise.race([once(this.#child, "message"), this.#ended()]);
    return answer;
  }

  /** Its memory that is no file's: the system has LMDB's pages for as long as it likes. */
  get residentBytes(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, "latin1");
    return Number(/^RssAnon:\s*(\d+) kB/m.exec(status)?.[1]) * 1_024;
  }

  [Symbol.dispose](): void {
    this.#child.kill("SIGKILL");
  }

  async #ended(): Promise<never> {
    const [code, signal] = await once(this.#child, "exit");
    throw new Error(`A node ended by itself: ${code ?? signal}`);
  }
}

/** Reads a stream of numbers, and finds the first that is not the next one. */
class Reader implements Disposable {
  /** The number that came last. */
  last: number;
  /** The first block that is not as it should be. */
  wrong: string | undefined;
  isOpen = false;
  readonly #request: ReturnType<typeof get>;
  readonly #heard: () => void;
  readonly #epoch: string;
  #rest = "";

  constructor(port: number, epoch: string, last: number, heard: () => void = () => undefined) {
    this.#epoch = epoch;
    this.last = last;
    this.#heard = heard;
    const headers = { "last-event-id": `${epoch}-${last}` };
    this.#request = get({ host: "127.0.0.1", port, headers }, (response) => {
      this.isOpen = response.statusCode === 200;
      response.setEncoding("latin1").on("data", (text) => this.#take(text));
      response.on("error", () => undefined).on("close", () => this.#failed("The stream ended."));
    });
    this.#request.on("error", (error) => this.#failed(error.message));
  }

  [Symbol.dispose](): void {
    this.#request.destroy();
  }

  #failed(why: string): void {
    this.wrong ??= why;
  }

  #take(text: string): void {
    const whole = this.#rest + text;
    let start = 0;
    for (let end = whole.indexOf("\n\n"); end >= 0; end = whole.indexOf("\n\n", start)) {
      const block = whole.slice(start, end);
      start = end + 2;
      if (block.includes("data: ")) this.#takeEvent(block);
    }
    this.#rest = whole.slice(start);
    this.#heard();
  }

  #takeEvent(block: string): void {
    const next = this.last + 1;
    if (block.includes(`id: ${this.#epoch}-${next}\n`) && block.includes(`data: ${next} `)) this.last = next;
    else this.#failed(`${next} was to come, and this came: ${block}`);
  }
}

describe.skipIf(platform() !== "linux")("a subscriber that is far behind", () => {
  let folder: string;
  let program: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-million-"));
    const [lmdb, redis, nats] = ["lmdb", "redis", "nats"].map((name) => join(SRC, `logs/${name}/${name}-log.ts`));
    await build({
      input: { sluice: join(SRC, "index.ts"), lmdbLog: lmdb!, redisLog: redis!, natsLog: nats! },
      external: ["lmdb", "redis", /^@nats-io\//],
      output: { dir: folder },
    });
    await symlink(MODULES, join(folder, "node_modules"), "dir");
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
    program = join(folder, "node.js");
    await writeFile(program, PROGRAM);
  });

  afterAll(() => rm(folder, { recursive: true }));

  async function replay(kind: string, options: object): Promise<void> {
    using filling = new Node(program, kind, options);
    const characters = Math.floor(TEXT_BYTES / EVENTS);
    const position = await filling.ask<string>({ do: "fill", events: EVENTS, characters });
    const [epoch = ""] = position.split("-");
    expect(position).toBe(`${epoch}-${EVENTS}`);

    using serving = new Node(program, kind, options);
    const port = await serving.ask<number>({ do: "serve" });
    /** How far the one behind was when the live one got each. */
    const reached: number[] = [];
    using live: Reader = new Reader(port, epoch, EVENTS, () => {
      while (EVENTS + reached.length < live.last) reached.push(late.last);
    });
    await until("the live one is", () => live.isOpen);

    const before = serving.residentBytes;
    let most = before;
    const looking = setInterval(() => {
      most = Math.max(most, serving.residentBytes);
    }, LOOK_EVERY_MS);
    let published = EVENTS;
    using late: Reader = new Reader(port, epoch, 0, () => {
      const parts = Math.floor((late.last / EVENTS) * 2 * LIVE_EVENTS);
      while (published < EVENTS + Math.min(parts, LIVE_EVENTS)) filling.tell({ do: "publish", n: ++published });
    });
    const isOver = () => late.wrong !== undefined || late.last === EVENTS + LIVE_EVENTS;
    await expect.poll(isOver, { timeout: TIMEOUT_MS }).toBe(true);
    clearInterval(looking);
    expect(late.wrong).toBeUndefined();
    await until("the live one has all", () => reached.length === LIVE_EVENTS);
    expect(live.wrong).toBeUndefined();
    for (const number of reached) expect(number).toBeLessThan(EVENTS);
    expect(most - before).toBeLessThan(MOST_GROWTH_BYTES);
  }

  test("on LMDB gets a million events within bounded memory, while another stays live", { timeout: TIMEOUT_MS }, () =>
    replay("lmdbLog", { path: join(folder, "data") }),
  );

  test.skipIf(REDIS_SERVER === undefined)("on Redis too", { timeout: TIMEOUT_MS }, async () => {
    await using server = await startRedis();
    await replay("redisLog", { url: server.url });
  });

  test.skipIf(NATS_SERVER === undefined)("on NATS too", { timeout: TIMEOUT_MS }, async () => {
    await using server = await startNats();
    await replay("natsLog", { servers: server.url });
  });
});
