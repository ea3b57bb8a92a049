import { expect, it } from "vitest";
import { startScriptedServer } from "../../../../src/testing/index.ts";
import type { Log } from "../../support/runtimes/runtime.ts";
import { serverThatSends } from "./dispatch-contract.ts";
import type { Run } from "./event-source-contract.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const BOM = "\uFEFF";

/** Streams, and the messages that they dispatch: `[type, data, lastEventId]`. */
const STREAMS: readonly [string, string | Uint8Array, Log][] = [
  ["joins lines of data", "data: a\ndata:b\ndata\n\n", [["message", "a\nb\n", ""]]],
  [
    "removes one space after the colon",
    "data:  a\n\ndata:\tb\n\n",
    [
      ["message", " a", ""],
      ["message", "\tb", ""],
    ],
  ],
  [
    "dispatches empty data",
    "data\n\ndata:\n\ndata\ndata\n\n",
    [
      ["message", "", ""],
      ["message", "", ""],
      ["message", "\n", ""],
    ],
  ],
  [
    "ends lines by CR, LF and CRLF",
    "data: a\r\rdata: b\n\ndata: c\r\n\r\ndata: d\r\ndata: e\n\r",
    [
      ["message", "a", ""],
      ["message", "b", ""],
      ["message", "c", ""],
      ["message", "d\ne", ""],
    ],
  ],
  [
    "ignores comments and unknown fields",
    ": c\ndata: a\n:\nother: x\nDATA: y\ndata : z\n data: z\n\n",
    [["message", "a", ""]],
  ],
  [
    "ignores one byte order mark at the start",
    `${BOM}data: a\n\n${BOM}data: b\n\ndata: c\n\n`,
    [
      ["message", "a", ""],
      ["message", "c", ""],
    ],
  ],
  ["does not ignore a second byte order mark", `${BOM}${BOM}data: a\n\ndata: b\n\n`, [["message", "b", ""]]],
  ["keeps NUL in data and types", "event: a\0b\ndata: c\0d\n\ndata: e\n\n", [["message", "e", ""]]],
  [
    "sets the type of one event",
    "event: a\nevent: t\ndata: 1\n\ndata: 2\n\nevent: u\n\ndata: 3\n\n",
    [
      ["t", "1", ""],
      ["message", "2", ""],
      ["message", "3", ""],
    ],
  ],
  [
    "keeps an ID across events without one",
    "id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\ndata: d\n\n",
    [
      ["message", "a", "1"],
      ["message", "b", "1"],
      ["message", "c", ""],
      ["message", "d", ""],
    ],
  ],
  [
    "takes an ID from a block without data",
    "id: 1\n\ndata: a\n\n: c\nid: 2\nevent: t\n\ndata: b\n\n",
    [
      ["message", "a", "1"],
      ["message", "b", "2"],
    ],
  ],
  [
    "ignores an ID with NUL",
    "id: 1\ndata: a\n\nid: 2\0\ndata: b\n\nid:\0\ndata: c\n\n",
    [
      ["message", "a", "1"],
      ["message", "b", "1"],
      ["message", "c", "1"],
    ],
  ],
  ["takes fields in any order", "data: a\nid: 1\nevent: t\nid: 2\n\n", [["t", "a", "2"]]],
  [
    "replaces bytes that are not UTF-8",
    new Uint8Array([...bytes("data: a"), 0xff, 0xc3, ...bytes("b\n\n")]),
    [["message", "a\uFFFD\uFFFDb", ""]],
  ],
  ["decodes all of Unicode", "data: ö€豆腐😀\n\n", [["message", "ö€豆腐😀", ""]]],
];

/** How a stream is read. */
export function parsingContract(run: Run): void {
  it.each(STREAMS)("%s", async (_, text, expected) => {
    await using server = await serverThatSends(text);
    const messages = expected.length;
    const log = await run(
      (scope, { url, messages }) => scope.record(scope, url, { types: ["t"], until: messages + 1, wait: 20 }),
      { url: server.url, messages },
    );
    expect(log).toEqual([["open", 1], ...expected]);
  });

  it("reads every stream alike if each byte arrives alone", async () => {
    for (const [, text, expected] of STREAMS) {
      await using server = await startScriptedServer({
        cors: true,
        otherwise: (connection) => connection.send(text, { size: 1, pause: 1 }),
      });
      const log = await run(
        (scope, { url, messages }) => scope.record(scope, url, { types: ["t"], until: messages + 1 }),
        { url: server.url, messages: expected.length },
      );
      expect(log).toEqual([["open", 1], ...expected]);
    }
  });

  it("decodes as UTF-8, also if the MIME type names another encoding", async () => {
    await using server = await startScriptedServer({
      cors: true,
      otherwise: (connection) => {
        connection.open({ type: "text/event-stream;charset=windows-1252" });
        return connection.send("data:ok…\n\n");
      },
    });
    const log = await run((scope, url) => scope.record(scope, url, { until: 2 }), server.url);
    expect(log[1]).toEqual(["message", "ok…", ""]);
  });

  it("discards an incomplete block at the end, with its ID and its type", async () => {
    await using server = await startScriptedServer({ cors: true });
    const recorded = run((scope, url) => scope.record(scope, url, { types: ["t"], until: 5 }), server.url);
    const first = await server.next();
    await first.send("retry: 1\nid: 1\ndata: a\n\nid: 2\nevent: t\ndata: lost\n");
    first.end();
    const second = await server.next();
    expect(second.lastEventId).toBe("1");
    await second.send("data: b\n\n");
    expect(await recorded).toEqual([
      ["open", 1],
      ["message", "a", "1"],
      ["error", 0],
      ["open", 1],
      ["message", "b", "1"],
    ]);
  });
}
