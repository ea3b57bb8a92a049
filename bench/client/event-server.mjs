/** Streams a number of events as fast as its client reads: `GET /<count>`, then an event of type `end`. */
import { once } from "node:events";
import { createServer } from "node:http";
import { answerCalls } from "../processes/answer-calls.mjs";

/** About this many characters are written at a time. */
const PIECE_LENGTH = 32_768;

const server = createServer(async (request, response) => {
  const count = Number(request.url?.slice(1));
  response.writeHead(200, { "content-type": "text/event-stream" });
  let piece = "";
  /** @type {(() => void) | undefined} */
  let resume;
  response.on("drain", () => resume?.());
  response.on("close", () => resume?.());
  for (let id = 1; id <= count && !response.destroyed; id++) {
    const order = { orderId: `o-${id}`, symbol: "ACME", quantity: (id * 7) % 100, price: ((id * 31) % 1000) / 10 };
    piece += `event: placed\nid: k3x9-${id}\ndata: ${JSON.stringify(order)}\n\n`;
    if (piece.length < PIECE_LENGTH && id < count) continue;
    const isFull = !response.write(piece);
    piece = "";
    if (isFull && !response.destroyed) {
      await new Promise((resolve) => {
        resume = () => resolve(undefined);
      });
    }
  }
  if (!response.destroyed) response.write("event: end\ndata: 1\n\n");
});

answerCalls({
  async listen() {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return /** @type {import("node:net").AddressInfo} */ (server.address()).port;
  },
});
