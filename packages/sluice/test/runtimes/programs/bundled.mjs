/**
 * A program to bundle: a channel, a job, a stream and a response. It imports Sluice by name, as an application does.
 */
import { createServer } from "node:http";
import { createSluice } from "sluice";
import { parseEventStream } from "sluice/protocol";

const sluice = createSluice();
const news = sluice.channel("news");
const jobs = sluice.jobs("exports");
await news.publish("edition", 1);
const { id } = jobs.start(() => "done");
const sources = { "/news": news.subscribe({ from: "start" }), "/job": jobs.progress(id) };
const server = createServer((request, response) => void sluice.stream(request, response, sources[request.url]));
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

async function firstOf(response) {
  for await (const { type, data } of parseEventStream(response.body)) return `${type}: ${data}`;
}

const ask = (path) => fetch(`http://127.0.0.1:${server.address().port}${path}`);
const seen = [await firstOf(await ask("/news")), await firstOf(await ask("/job"))];
const request = new Request("http://localhost/");
seen.push(
  await firstOf(
    await sluice.response(
      request,
      (async function* () {
        yield 2;
      })(),
    ),
  ),
);
await sluice.close();
server.close();
server.closeAllConnections();
console.log(JSON.stringify({ seen }));
