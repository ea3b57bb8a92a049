/** A server that speaks the stream formats of two language-model APIs. Its model repeats the prompt. */
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

export const API_KEY = "sk-example";

/** Words in a prompt that make the API fail, as real ones do now and then. */
export const OVERLOAD = "overload";
export const CUT = "cut";
export const BUSY = "busy";

/** Time between two tokens, in ms. */
const PACE_MS = 15;

/**
 * Starts the server on a free port. `requests` counts the prompts that it has answered or refused.
 *
 * @returns {Promise<{ url: string, requests: number, close(): Promise<void> }>}
 */
export async function startModelServer() {
  const server = createServer(async (request, response) => {
    started.requests++;
    const prompt = await readPrompt(request).catch(() => undefined);
    const { authorization, "x-api-key": key } = request.headers;
    if (authorization !== `Bearer ${API_KEY}` && key !== API_KEY) return refuse(response, 401, "Wrong API key");
    if (request.method !== "POST" || prompt === undefined) return refuse(response, 400, "Expected a prompt");
    // The limit of a plan: the client may come back after a second.
    if (prompt.includes(BUSY) && started.requests === 1)
      return refuse(response, 429, "Slow down", { "retry-after": "1" });
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
    const speak = request.url === "/v1/messages" ? speakEvents : speakData;
    await speak(
      prompt,
      (text) => response.write(text),
      () => response.destroy(),
    );
    return response.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const started = {
    url: `http://127.0.0.1:${port}`,
    requests: 0,
    async close() {
      server.close().closeAllConnections();
      await once(server, "close");
    },
  };
  return started;
}

/**
 * The format with data alone, as OpenAI's Chat Completions: the last event is `[DONE]`. Its lines end with CRLF. Its
 * pings are comments, as those of some proxies.
 *
 * @param {string} prompt
 * @param {(text: string) => void} write
 * @param {() => void} cut
 */
async function speakData(prompt, write, cut) {
  const chunk = (/** @type {object} */ delta, /** @type {string | null} */ reason = null) =>
    write(`data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: reason }] })}\r\n\r\n`);
  write(": connected\r\n\r\n");
  chunk({ role: "assistant", content: "" });
  for (const token of tokensOf(prompt)) {
    await sleep(PACE_MS);
    write(": ping\r\n\r\n");
    if (token.trim() === CUT) return cut();
    if (token.trim() === OVERLOAD) return write('data: {"error":{"message":"Overloaded","code":503}}\r\n\r\n');
    chunk({ content: token });
  }
  chunk({}, "stop");
  write("data: [DONE]\r\n\r\n");
}

/**
 * The format with named events, as Anthropic's Messages: the last event is `message_stop`, and pings are events.
 *
 * @param {string} prompt
 * @param {(text: string) => void} write
 * @param {() => void} cut
 */
async function speakEvents(prompt, write, cut) {
  const event = (/** @type {string} */ type, fields = {}) =>
    write(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`);
  event("message_start", { message: { role: "assistant", content: [] } });
  event("content_block_start", { index: 0, content_block: { type: "text", text: "" } });
  for (const token of tokensOf(prompt)) {
    await sleep(PACE_MS);
    event("ping");
    if (token.trim() === CUT) return cut();
    if (token.trim() === OVERLOAD)
      return event("error", { error: { type: "overloaded_error", message: "Overloaded" } });
    event("content_block_delta", { index: 0, delta: { type: "text_delta", text: token } });
  }
  event("content_block_stop", { index: 0 });
  event("message_delta", { delta: { stop_reason: "end_turn" } });
  event("message_stop");
}

/** Cuts a text before each space. @param {string} text */
function tokensOf(text) {
  return text.match(/\s*\S+/g) ?? [];
}

/** @param {import("node:http").IncomingMessage} request */
async function readPrompt(request) {
  let text = "";
  for await (const bytes of request) text += bytes;
  /** @type {{ stream: boolean, messages: { content: string }[] }} */
  const { stream, messages } = JSON.parse(text);
  return stream ? messages.at(-1)?.content : undefined;
}

/**
 * @param {import("node:http").ServerResponse} response
 * @param {number} status
 * @param {string} message
 * @param {Record<string, string>} headers
 */
function refuse(response, status, message, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify({ error: { message } }));
}
