/**
 * A server whose files are removed while it runs. Arguments: `<folder of the package's files> <file>`. The file is
 * missing during the first requests, and back during the next. Without a file argument, all files are removed after the
 * first requests. Prints the status of every answer.
 */
import { renameSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, file] = process.argv.slice(2);
const { createSluice } = await import(pathToFileURL(join(folder, "index.js")).href);
const stages = [];
const reasons = [];
const sluice = createSluice({ compress: true, onError: (_, { stage }) => void stages.push(stage) });

async function* once() {
  yield 1;
}
const sources = {
  source: () => once(),
  channel: () => sluice.channel(`news-${reasons.length}`).subscribe(),
  job: () => {
    const jobs = sluice.jobs("exports");
    return jobs.progress(jobs.start(() => 1).id);
  },
  broken: () => () => Promise.reject(new Error("broken")),
};
const onClose = (reason) => void reasons.push(reason);
const server = createServer((request, response) => {
  void sluice.stream(request, response, sources[request.url.slice(1)](), { onClose });
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

async function statusOf(answer) {
  const { status, body } = await answer;
  await body?.cancel();
  return status;
}

/** Sends a request of each kind, and returns the status of each answer. */
async function askAll() {
  const answers = { response: await statusOf(sluice.response(new Request("http://localhost/"), once, { onClose })) };
  for (const name of Object.keys(sources))
    answers[name] = await statusOf(fetch(`http://127.0.0.1:${server.address().port}/${name}`));
  return answers;
}

const print = (message) => console.log(JSON.stringify(message));
if (file === undefined) {
  print({ before: await askAll() });
  rmSync(folder, { recursive: true });
} else {
  renameSync(join(folder, file), join(folder, "away"));
  print({ before: await askAll(), stages: stages.splice(0) });
  renameSync(join(folder, "away"), join(folder, file));
}
print({ after: await askAll(), stages });
await sluice.drain({ pace: 0 });
await sluice.close();
server.close();
server.closeAllConnections();
print({ done: reasons });
