/** Reads the answers of language-model APIs with `openEventStream`, token by token. */
import { openEventStream } from "sluice/client";

/**
 * The events of an API with data alone. An error comes in place of a chunk.
 *
 * @typedef {{ choices: { delta: { content?: string } }[], error?: { message: string } } | "[DONE]"} ChatChunk
 */

/** @typedef {{ url: string, apiKey: string, prompt: string, signal?: AbortSignal }} Question */

/** An error that the API reports in mid-stream, or an answer without its end. */
export class ModelError extends Error {}

/**
 * An answer that was cut costs as much again, so only refusals are retried: 429 and 5xx, after `Retry-After`.
 *
 * @type {import("sluice/client").OnAttemptEnd}
 */
const retryRefusals = ({ type }) => (type === "status" ? undefined : "stop");

/**
 * Reads the tokens of `POST /v1/chat/completions`, whose stream ends with `data: [DONE]`.
 *
 * @param {Question} question
 */
export async function* askChat({ url, apiKey, prompt, signal }) {
  const stream = /** @type {import("sluice/client").EventStream<{ message: ChatChunk }>} */ (
    openEventStream(`${url}/v1/chat/completions`, {
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({ stream: true, messages: [{ role: "user", content: prompt }] }),
      until: ({ data }) => data === "[DONE]",
      onAttemptEnd: retryRefusals,
      signal,
    })
  );
  for await (const event of stream) {
    if (event.type !== "message") continue;
    if (event.data === "[DONE]") return;
    if (event.data.error) throw new ModelError(event.data.error.message);
    const token = event.data.choices[0]?.delta.content;
    if (token) yield token;
  }
  if (!signal?.aborted) throw new ModelError("The answer has no end.");
}

/**
 * The events of an API with named events.
 *
 * @typedef {object} MessageEvents
 * @property {{ delta: { text: string } }} content_block_delta
 * @property {{ error: { message: string } }} error
 * @property {object} message_stop
 */

/**
 * Reads the tokens of `POST /v1/messages`, whose events have names. The last one is `message_stop`.
 *
 * @param {Question} question
 */
export async function* askMessages({ url, apiKey, prompt, signal }) {
  const stream = /** @type {import("sluice/client").EventStream<MessageEvents>} */ (
    openEventStream(`${url}/v1/messages`, {
      headers: { "x-api-key": apiKey, "content-type": "application/json" },
      body: JSON.stringify({ stream: true, messages: [{ role: "user", content: prompt }] }),
      until: "message_stop",
      onAttemptEnd: retryRefusals,
      signal,
    })
  );
  for await (const event of stream) {
    if (event.type === "message_stop") return;
    if (event.type === "error") throw new ModelError(event.data.error.message);
    if (event.type === "content_block_delta") yield event.data.delta.text;
  }
  if (!signal?.aborted) throw new ModelError("The answer has no end.");
}
