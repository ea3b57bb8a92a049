/**
 * The load generator: N subscribers on raw TCP connections, in a process of their own. It sends one request for each,
 * and counts what arrives; it parses nothing, so that it is never what one measures.
 */
import { connect as connectTcp } from "node:net";
import { answer } from "../answer.mjs";
import { EVENT_MARK } from "../event.mjs";
import { countByte, createFlushCounter } from "./count.mjs";

/** Every read goes here: what arrives is counted before the next read, and kept by nobody. */
const READ_BUFFER = Buffer.allocUnsafe(256 * 1024);

/**
 * After it has read something it rests so long, in ms. Were it to sleep in the kernel for each next byte, the server's
 * write would each time have to wake it, and that time would be counted as the server's: real clients are elsewhere.
 * @type {{ restMs?: number }}
 */
const { restMs = 5 } = JSON.parse(process.argv[2] ?? "{}");
const REST_CELL = new Int32Array(new SharedArrayBuffer(4));
let restPlanned = false;

/** @type {import("node:net").Socket[]} */
const sockets = [];
/** Events that reached each subscriber. @type {number[]} */
const received = [];
let events = 0;
let bytes = 0;
let lost = 0;
/** @type {{ events: number, resolve: () => void } | undefined} */
let awaited;
/** The first subscriber's bytes, for the runner to look at. @type {Buffer[]} */
let sample = [];

answer({
  /**
   * Open `count` connections at once; resolves when all are established. With `hold` their requests wait for `send`.
   */
  connect: ({ port, count, headers, read = true, compressed = false, hold = false, path = "/events" }) => {
    const established = Array.from({ length: count }, () => open(port, { read, compressed }));
    return Promise.all(
      established.map(async (connected) => {
        const socket = await connected;
        const index = sockets.push(socket) - 1;
        received[index] = 0;
        const request = requestOf(path, index, headers);
        if (hold) socket.once("bench:send", () => socket.write(request));
        else socket.write(request);
        // From now on an error or an end is a loss: no server here ends a stream of its own accord.
        socket.on("close", () => lost++);
        Object.assign(socket, { benchIndex: index });
      }),
    ).then(() => sockets.length);
  },
  send: () => {
    for (const socket of sockets) socket.emit("bench:send");
  },
  /** Resolves when `total` events have arrived since the start, over all subscribers. */
  expect: ({ total }) =>
    new Promise((resolve) => {
      awaited = { events: total, resolve: () => resolve(undefined) };
      if (events >= total) awaited.resolve();
    }),
  counts: () => {
    let [fewest, most] = [Number.POSITIVE_INFINITY, 0];
    for (const count of received) [fewest, most] = [Math.min(fewest, count), Math.max(most, count)];
    return { events, bytes, lost, fewest, most };
  },
  sample: () => {
    const text = Buffer.concat(sample).toString("latin1");
    sample = [];
    return text;
  },
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
});

/**
 * @param {number} port
 * @param {{ read: boolean, compressed: boolean }} how
 * @returns {Promise<import("node:net").Socket>}
 */
function open(port, { read, compressed }) {
  const countIn = compressed ? createFlushCounter() : (/** @type {Buffer} */ part) => countByte(part, EVENT_MARK);
  return new Promise((resolve, reject) => {
    const socket = connectTcp({
      port,
      host: "127.0.0.1",
      onread: {
        buffer: READ_BUFFER,
        callback: (length) => {
          arrived(/** @type {any} */ (socket).benchIndex, READ_BUFFER.subarray(0, length), countIn);
          return true;
        },
      },
    });
    if (!read) socket.pause();
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      socket.on("error", () => {});
      resolve(socket);
    });
  });
}

/**
 * @param {number} index
 * @param {Buffer} part
 * @param {(part: Buffer) => number} countIn
 */
function arrived(index, part, countIn) {
  if (restMs > 0 && !restPlanned) {
    restPlanned = true;
    setImmediate(rest);
  }
  const count = countIn(part);
  received[index] += count;
  events += count;
  bytes += part.length;
  if (index === 0 && sample.length < 64) sample.push(Buffer.from(part));
  if (awaited && events >= awaited.events) awaited.resolve();
}

function rest() {
  restPlanned = false;
  Atomics.wait(REST_CELL, 0, 0, restMs);
}

/**
 * The request a browser's EventSource would send, shortened. The path names the subscriber.
 * @param {string} path
 * @param {number} index
 * @param {Record<string, string>} headers
 */
function requestOf(path, index, headers = {}) {
  const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path}?user=${index} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\nCache-Control: no-cache\r\n${more.join("")}\r\n`;
}
