/**
 * Compiles without the types of Node, as for Cloudflare Workers, Deno or a browser. Every declaration file is checked.
 */
import { createSluice, memoryLog, type NodeRequest, SluiceError } from "sluice";
import { createParser, encodeEvent, type ParsedEvent } from "sluice/protocol";

const sluice = createSluice({ log: memoryLog(), compress: true });
const news = sluice.channel<{ edition: string }>("news");

const worker: { fetch(request: Request): Promise<Response> } = {
  fetch: (request) => sluice.response(request, news.subscribe({ types: ["edition"] }), { event: "news" }),
};
await worker.fetch(new Request("https://desk.example"));

const events: ParsedEvent[] = [];
createParser({ onEvent: (event) => events.push(event) }).push(encodeEvent({ data: "hello" }));
const request: NodeRequest = { headers: { accept: "text/event-stream" } };
if (request.url === undefined) throw new SluiceError("CLOSED", "No address.");
// @ts-expect-error Node's globals do not exist
process.exit();
