import { type ClientHttp2Stream, connect } from "node:http2";
import { connect as connectSocket } from "node:net";
import { platform } from "node:os";
import { describe, expect, it } from "vitest";
import { until } from "../../support/until.ts";
import { ServingProcess } from "../support/serving-process.ts";

const STALL_TIMEOUT_MS = 2_000;
const PAUSE_MS = STALL_TIMEOUT_MS * 1.5;
/** Together more than the kernel buffers for a reader that does not read. */
const EVENTS = 600;
const CHARACTERS = 16_000;
const READERS = 4;

interface Reader {
  resume(): unknown;
  readonly bytes: number;
  close(): void;
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function readOverHttp1(port: number): Reader {
  const socket = connectSocket(port, "127.0.0.1").on("error", () => undefined);
  socket.write("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
  let bytes = 0;
  socket.on("data", (chunk) => (bytes += chunk.length)).pause();
  return {
    resume: () => socket.resume(),
    get bytes() {
      return bytes;
    },
    close: () => socket.destroy(),
  };
}

function readOverHttp2(port: number): Reader {
  const session = connect(`http://127.0.0.1:${port}`).on("error", () => undefined);
  const stream: ClientHttp2Stream = session.request().on("error", () => undefined);
  let bytes = 0;
  stream.on("data", (chunk: Buffer) => (bytes += chunk.length)).pause();
  return {
    resume: () => stream.resume(),
    get bytes() {
      return bytes;
    },
    close: () => session.destroy(),
  };
}

// The tests run at the same time: they mostly wait, each for a process of its own.
describe.skipIf(platform() === "win32").concurrent("a process that was paused for longer than stallTimeout", () => {
  it.each([
    ["was stopped by a signal", "HTTP/1.1", (serving: ServingProcess) => serving.pause(PAUSE_MS)],
    ["was stopped by a signal", "HTTP/2", (serving: ServingProcess) => serving.pause(PAUSE_MS)],
    ["had a blocked event loop", "HTTP/1.1", (serving: ServingProcess) => serving.block(PAUSE_MS)],
  ])("because it %s keeps lagging readers over %s, and cuts them only if they then stall", async (_, over, pause) => {
    await using serving = await ServingProcess.start({ stallTimeout: STALL_TIMEOUT_MS });
    await serving.publish(EVENTS, CHARACTERS);
    const { http, http2 } = serving.ports;
    const read = () => (over === "HTTP/1.1" ? readOverHttp1(http) : readOverHttp2(http2));
    const readers = Array.from({ length: READERS }, read);
    try {
      await until("all readers lag", async () => (await serving.stats()).lagging === READERS);
      // Some of their time to stall is over.
      await wait(STALL_TIMEOUT_MS / 5);
      await pause(serving);
      await wait(STALL_TIMEOUT_MS / 5);
      const [stalled, ...sound] = readers;
      for (const reader of sound) reader.resume();
      const all = () => sound.every(({ bytes }) => bytes > EVENTS * CHARACTERS);
      await until("the others have everything", all);
      await until("the reader that still reads nothing is cut", async () => {
        const { closed } = await serving.stats();
        return closed.stalled === 1;
      });
      expect(stalled?.bytes).toBeLessThan(EVENTS * CHARACTERS);
      expect(await serving.stats()).toMatchObject({ streams: READERS - 1, closed: { stalled: 1, client: 0 } });
    } finally {
      for (const reader of readers) reader.close();
    }
  });
});
