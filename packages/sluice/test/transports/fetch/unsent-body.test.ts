import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSluice, type Sluice } from "../../../src/index.ts";
import { turns } from "../../support/turns.ts";

const decoder = new TextDecoder();

async function* one() {
  yield "a";
}

describe("a Response whose body ends", () => {
  let sluice: Sluice;
  beforeEach(() => {
    sluice = createSluice({ stallTimeout: 400 });
  });
  afterEach(() => sluice.close());

  const open = async () => {
    const { body } = await sluice.response(new Request("http://a.example/"), sluice.channel("orders").subscribe());
    return (body as ReadableStream<Uint8Array>).getReader();
  };
  /** Begins a drain, and returns whether it has resolved. */
  const drain = () => {
    const state = { isOver: false };
    void sluice.drain({ grace: 0, pace: 0, timeout: 5_000 }).then(() => {
      state.isOver = true;
    });
    return state;
  };
  const readAll = async (reader: ReadableStreamDefaultReader<Uint8Array>) => {
    let text = "";
    for (let part = await reader.read(); !part.done; part = await reader.read()) text += decoder.decode(part.value);
    return text;
  };

  it("keeps a drain waiting until the server has read the last bytes", async () => {
    const reader = await open();
    const state = drain();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(state.isOver).toBe(false);
    expect(await readAll(reader)).toMatch(/^: heartbeat=15000\nretry: \d+\nid: \w+-0\n\nretry: \d+\n\n$/);
    await expect.poll(() => state.isOver).toBe(true);
  });

  it("keeps a drain waiting for some time after that, in which the server sends them", async () => {
    const reader = await open();
    const reading = readAll(reader);
    await turns(3);
    const state = drain();
    await reading;
    await turns(3);
    expect(state.isOver).toBe(false);
    await expect.poll(() => state.isOver).toBe(true);
  });

  it("is cut if the server does not read the last bytes within stallTimeout", async () => {
    const reader = await open();
    const state = drain();
    await expect.poll(() => state.isOver).toBe(true);
    await expect(readAll(reader)).rejects.toThrow("The server cut the event stream.");
  });

  it("is over at once if the request aborts after its end, as on Deno", async () => {
    const controller = new AbortController();
    const request = new Request("http://a.example/", { signal: controller.signal });
    const response = await sluice.response(request, one);
    expect(await readAll((response.body as ReadableStream<Uint8Array>).getReader())).toContain("data: a");
    controller.abort();
    await turns(2);
    expect(sluice.stats().closed).toMatchObject({ "source-ended": 1, client: 0 });
  });
});
