import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { askChat, askMessages, ModelError } from "../client.mjs";
import { API_KEY, startModelServer } from "../server.mjs";

describe.each([
  ["data alone, as OpenAI's", askChat],
  ["named events, as Anthropic's", askMessages],
])("the stream of a language-model API with %s", (_, ask) => {
  let server: Awaited<ReturnType<typeof startModelServer>>;
  beforeEach(async () => {
    server = await startModelServer();
  });
  afterEach(() => server.close());

  async function answerTo(prompt: string, apiKey = API_KEY): Promise<string[]> {
    const tokens: string[] = [];
    for await (const token of ask({ url: server.url, apiKey, prompt })) tokens.push(token);
    return tokens;
  }

  it("is read token by token until its last event, and asked for once", async () => {
    expect(await answerTo("Why is the sky blue?")).toEqual(["Why", " is", " the", " sky", " blue?"]);
    expect(server.requests).toBe(1);
  });

  it("ends with the error that comes in mid-stream, after the tokens before it", async () => {
    const seen: string[] = [];
    const read = async () => {
      for await (const token of ask({ url: server.url, apiKey: API_KEY, prompt: "a b overload c" })) seen.push(token);
    };
    await expect(read()).rejects.toEqual(new ModelError("Overloaded"));
    expect(seen).toEqual(["a", " b"]);
    expect(server.requests).toBe(1);
  });

  it("fails if it is cut, and is not paid for twice", async () => {
    await expect(answerTo("a cut b")).rejects.toMatchObject({ code: "STREAM_FAILED", end: { type: "network" } });
    expect(server.requests).toBe(1);
  });

  it("is asked for again after a 429, when `Retry-After` has passed", async () => {
    const began = performance.now();
    expect(await answerTo("busy now")).toEqual(["busy", " now"]);
    expect(server.requests).toBe(2);
    expect(performance.now() - began).toBeGreaterThan(990);
  });

  it("fails with the status and the body if the key is wrong", async () => {
    await expect(answerTo("a", "no key")).rejects.toMatchObject({
      status: 401,
      body: expect.stringContaining("Wrong API key"),
    });
    expect(server.requests).toBe(1);
  });

  it("ends without an error when the reader leaves or aborts", async () => {
    const controller = new AbortController();
    const seen: string[] = [];
    for await (const token of ask({ url: server.url, apiKey: API_KEY, prompt: "a b c", signal: controller.signal })) {
      seen.push(token);
      controller.abort();
    }
    for await (const token of ask({ url: server.url, apiKey: API_KEY, prompt: "d e" })) {
      seen.push(token);
      break;
    }
    expect(seen).toEqual(["a", "d"]);
  });
});

describe("the program", () => {
  it("prints the answers of both APIs", async () => {
    const main = fileURLToPath(new URL("../main.mjs", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [main, "Hello", "Ada"]);
    expect(stdout).toBe("askChat: Hello Ada\naskMessages: Hello Ada\n");
  });
});
