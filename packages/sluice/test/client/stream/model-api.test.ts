import { describe, expect, it } from "vitest";
import { openEventStream } from "../../../src/client/index.ts";
import { type ScriptedConnection, startScriptedServer } from "../../../src/testing/index.ts";
import { QUICK } from "./support/quick.ts";

type Chunk = { delta: string } | { error: { message: string } } | "[DONE]";

/** Answers as the API of a language model does: lines end with CRLF, and comments are pings. */
async function answer(connection: ScriptedConnection): Promise<void> {
  if (connection.method !== "POST") return connection.answer(405);
  const { prompt } = JSON.parse(connection.body);
  await connection.send(": ping\r\n\r\n");
  for (const delta of ["Hel", "lo ", prompt]) await connection.send(`data: ${JSON.stringify({ delta })}\r\n\r\n`);
  if (prompt === "overload") await connection.send('data: {"error":{"message":"Overloaded"}}\r\n\r\n');
  await connection.send(": ping\r\n\r\ndata: [DONE]\r\n\r\n");
  connection.end();
}

/** Reads the text of an answer. Throws the error that comes in its place. */
async function complete(url: string, prompt: string): Promise<string> {
  const stream = openEventStream<{ message: Chunk }>(url, {
    ...QUICK,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ prompt, stream: true }),
    until: ({ data }) => data === "[DONE]",
    onAttemptEnd: ({ type }) => (type === "status" ? undefined : "stop"),
  });
  let text = "";
  for await (const { type, data } of stream) {
    if (type !== "message" || data === "[DONE]") continue;
    if ("error" in data) throw new Error(data.error.message);
    text += data.delta;
  }
  return text;
}

describe("the stream of a language model's API", () => {
  it("is read until [DONE], and asked for once", async () => {
    await using server = await startScriptedServer({ otherwise: answer });
    expect(await complete(server.url, "Ada")).toBe("Hello Ada");
    expect(server.connections).toHaveLength(1);
  });

  it("ends with the error object that comes in mid-stream", async () => {
    await using server = await startScriptedServer({ otherwise: answer });
    await expect(complete(server.url, "overload")).rejects.toThrow("Overloaded");
    expect(server.connections).toHaveLength(1);
  });

  it("is asked for again after a 429, and fails if it is cut before [DONE]", async () => {
    await using server = await startScriptedServer({
      scripts: [
        (connection) => connection.answer(429),
        async (connection) => {
          await connection.send('data: {"delta":"Hel"}\r\n\r\n');
          connection.cut();
        },
      ],
    });
    await expect(complete(server.url, "Ada")).rejects.toMatchObject({
      code: "STREAM_FAILED",
      end: { type: "network" },
    });
    expect(server.connections).toHaveLength(2);
  });
});
