/** Asks both APIs of the small server, and prints each token as it arrives. */
import { askChat, askMessages } from "./client.mjs";
import { API_KEY, startModelServer } from "./server.mjs";

const prompt = process.argv.slice(2).join(" ") || "Streams of language models are event streams.";
const server = await startModelServer();
for (const ask of [askChat, askMessages]) {
  process.stdout.write(`${ask.name}: `);
  try {
    for await (const token of ask({ url: server.url, apiKey: API_KEY, prompt })) process.stdout.write(token);
  } catch (error) {
    process.stdout.write(` — ${error}`);
  }
  process.stdout.write("\n");
}
await server.close();
