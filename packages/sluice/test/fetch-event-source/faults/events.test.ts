import { describe, expect, it } from "vitest";
import { type ScriptedConnection, startScriptedServer } from "../../../src/testing/index.ts";
import { until } from "../../support/until.ts";
import { both, sleep, useScene } from "../support/scene.ts";

/** Each test states what the Microsoft package does, and what Sluice does in its place. */
describe("faults of @microsoft/fetch-event-source that sluice/fetch-event-source does not have", () => {
  const scene = useScene();

  describe("events that are lost or wrong", () => {
    it("if the connection is cut after an ID and before the data", async () => {
      const [theirs, ours] = await both(async (implementation) => {
        await using server = await startScriptedServer({
          scripts: [
            async (connection: ScriptedConnection) => {
              await connection.send("id: 1\n");
              await connection.stall(20);
              connection.cut();
            },
            async (connection: ScriptedConnection) => {
              const next = Number(connection.lastEventId) + 1;
              await connection.send(`id: ${next}\ndata: ${next}\n\n`);
            },
          ],
        });
        const seen: string[] = [];
        scene.start(implementation, server.url, { onmessage: ({ data }) => void seen.push(data), onerror: () => 1 });
        await until("an event has come", () => seen.length > 0);
        return seen;
      });
      expect(theirs).toEqual(["2"]);
      expect(ours).toEqual(["1"]);
    });

    it("for comments and for blocks without data", async () => {
      const [theirs, ours] = await messagesOf(": ping\n\nretry: 1\n\nid: 5\n\ndata: 1\n\n");
      expect(theirs).toEqual(["", "", "", "1"]);
      expect(ours).toEqual(["1"]);
    });

    it("if the data begins with an empty line", async () => {
      const [theirs, ours] = await messagesOf("data:\ndata: a\ndata\ndata: b\n\ndata:\ndata:\n\n");
      expect(theirs).toEqual(["a\nb", ""]);
      expect(ours).toEqual(["\na\n\nb", "\n"]);
    });

    it("while an earlier `onmessage` is not done", async () => {
      const [theirs, ours] = await both(async ({ fetchEventSource }) => {
        await using server = await startScriptedServer({
          otherwise: async (connection) => {
            await connection.send("data: 1\n\ndata: 2\n\n");
            connection.end();
          },
        });
        const log: string[] = [];
        await fetchEventSource(server.url, {
          async onmessage({ data }) {
            log.push(`begin ${data}`);
            await sleep(20);
            log.push(`end ${data}`);
          },
          onclose: () => void log.push("close"),
        });
        await until("the last one is done", () => log.includes("end 2"));
        return log;
      });
      expect(theirs).toEqual(["begin 1", "begin 2", "close", "end 1", "end 2"]);
      expect(ours).toEqual(["begin 1", "end 1", "begin 2", "end 2", "close"]);
    });

    async function messagesOf(text: string): Promise<[string[], string[]]> {
      return both(async ({ fetchEventSource }) => {
        await using server = await startScriptedServer({
          otherwise: async (connection) => {
            await connection.send(text);
            connection.end();
          },
        });
        const seen: string[] = [];
        await fetchEventSource(server.url, { onmessage: ({ data }) => void seen.push(data) });
        return seen;
      });
    }
  });
});
