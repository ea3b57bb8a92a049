import { describe, expect, it } from "vitest";
import { readChunks } from "../../../src/client/connection/read-chunks.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = (chunk: Uint8Array) => new TextDecoder().decode(chunk);

describe("readChunks()", () => {
  it("passes each chunk on, and resolves at the end", async () => {
    const chunks: string[] = [];
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const text of ["a", "", "b"]) controller.enqueue(bytes(text));
        controller.close();
      },
    });
    await readChunks(body, (chunk) => void chunks.push(textOf(chunk)));
    expect(chunks).toEqual(["a", "", "b"]);
    await readChunks(null, (chunk) => void chunks.push(textOf(chunk)));
    expect(chunks.length).toBe(3);
  });

  it("reads on when the consumer of a chunk is done", async () => {
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>(
      { pull: (controller) => (pulled++ < 3 ? controller.enqueue(bytes("a")) : controller.close()) },
      { highWaterMark: 0 },
    );
    const seen: number[] = [];
    await readChunks(body, async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      seen.push(pulled);
    });
    expect(seen).toEqual([1, 2, 3]);
  });

  it("rejects with the error of the body, and with that of the consumer", async () => {
    const failing = new ReadableStream<Uint8Array>({ pull: () => Promise.reject(new TypeError("terminated")) });
    await expect(readChunks(failing, () => undefined)).rejects.toThrow("terminated");
    const body = new Response("a").body;
    const consumer = () => Promise.reject(new Error("no more"));
    await expect(readChunks(body, consumer)).rejects.toThrow("no more");
  });
});
