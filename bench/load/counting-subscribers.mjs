/**
 * The load generator: many subscribers on raw TCP connections, in a process of their own. It sends one request per
 * subscriber and counts the events that arrive. It parses nothing, so that it is never the bottleneck.
 */
import { connect as connectTcp } from "node:net";
import { EVENT_MARK } from "../event.mjs";
import { answerCalls } from "../processes/answer-calls.mjs";
import { countByte, createFlushCounter } from "./count-events.mjs";

/** All sockets read into this buffer: each read is counted before the next, and its bytes are not kept. */
const READ_BUFFER = Buffer.allocUnsafe(256 * 1024);

/** The sample of the first subscriber's bytes has at most this many reads. */
const MAX_SAMPLE_PARTS = 64;

/**
 * `restMs`: the process sleeps this long after it has read. If it waited in the kernel for each next byte instead, each
 * of the server's writes would have to wake it, and the server would be charged for that time.
 * @type {{ restMs?: number }}
 */
const { restMs = 5 } = JSON.parse(process.argv[2] ?? "{}");
const REST_CELL = new Int32Array(new SharedArrayBuffer(4));
let isRestPlanned = false;

/** @type {import("node:net").Socket[]} */
const sockets = [];
/** Number of events that reached each subscriber. @type {number[]} */
const received = [];
let events = 0;
let bytes = 0;
let lost = 0;
/** @type {{ events: number, resolve: () => void } | undefined} */
let awaited;
/** The first subscriber's bytes, for the runner to check. @type {Buffer[]} */
let sample = [];

answerCalls({
  /**
   * Opens `count` connections at once. Resolves when all are established. With `holdRequests` the requests wait for
   * `send`.
   */
  connect: ({ port, count, headers, read = true, compressed = false, holdRequests = false, path = "/events" }) => {
    const established = Array.from({ length: count }, () => open(port, { read, compressed }));
    return Promise.all(
      established.map(async (connected) => {
        const socket = await connected;
        const index = sockets.push(socket) - 1;
        received[index] = 0;
        const request = requestOf(path, index, headers);
        if (holdRequests) socket.once("bench:send", () => socket.write(request));
        else socket.write(request);
        // No server of the benchmark ends a stream, so every close from here on is a lost connection.
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
});

/**
 * Opens one connection.
 * @param {number} port
 * @param {{ read: boolean, compressed: boolean }} options
 * @returns {Promise<import("node:net").Socket>}
 */
function open(port, { read, compressed }) {
  const countEvents = compressed ? createFlushCounter() : (/** @type {Buffer} */ part) => countByte(part, EVENT_MARK);
  return new Promise((resolve, reject) => {
    const socket = connectTcp({
      port,
      host: "127.0.0.1",
      onread: {
        buffer: READ_BUFFER,
        callback: (length) => {
          receive(/** @type {any} */ (socket).benchIndex, READ_BUFFER.subarray(0, length), countEvents);
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
 * @param {(part: Buffer) => number} countEvents
 */
function receive(index, part, countEvents) {
  if (restMs > 0 && !isRestPlanned) {
    isRestPlanned = true;
    setImmediate(rest);
  }
  const count = countEvents(part);
  received[index] = (received[index] ?? 0) + count;
  events += count;
  bytes += part.length;
  if (index === 0 && sample.length < MAX_SAMPLE_PARTS) sample.push(Buffer.from(part));
  if (awaited && events >= awaited.events) awaited.resolve();
}

function rest() {
  isRestPlanned = false;
  Atomics.wait(REST_CELL, 0, 0, restMs);
}

/**
 * Returns a shortened form of the request that a browser's EventSource sends. Its query names the subscriber.
 * @param {string} path
 * @param {number} index
 * @param {Record<string, string>} headers
 */
function requestOf(path, index, headers = {}) {
  const lines = [
    `GET ${path}?user=${index} HTTP/1.1`,
    "Host: 127.0.0.1",
    "Accept: text/event-stream",
    "Cache-Control: no-cache",
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}
