import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { createSluice, type StreamOptions } from "sluice";

/**
 * A server that fulfils the contract of the fixtures, except for one fault, which is named after a step of the probe.
 */
export async function startFaultyServer(fault: string): Promise<{ server: Server; origin: string }> {
  const has = (name: string) => fault === name;
  const sluice = createSluice();
  const news = sluice.channel<{ posted: { text: string } }>("news", { retain: { events: has("gap") ? 500 : 100 } });
  const jobs = sluice.jobs<number, { downloadUrl: string }>("exports");
  const start = (user: string) =>
    jobs.start(
      async ({ id, progress }) => {
        await progress(0);
        return { downloadUrl: `/api/exports/${id}/download` };
      },
      has("job") ? {} : { user },
    );

  const handle = async (req: IncomingMessage, res: ServerResponse) => {
    const isStream = req.method === "GET" && req.url !== "/health";
    if (!(has("headers") && isStream)) res.setHeader("x-request-id", "1");
    const options: StreamOptions = has("resume") ? { lastEventId: "" } : {};
    const answer = (status: number, body: unknown) => res.writeHead(status).end(JSON.stringify(body));
    const user = /user=(\w+)/.exec(req.headers.cookie ?? "")?.[1] ?? (has("401") ? "nobody" : undefined);
    const id = /^\/api\/exports\/([\w-]+)$/.exec(req.url ?? "")?.[1];
    if (req.url === "/health") return answer(200, has("disconnect") ? { streams: 0 } : sluice.health());
    if (req.url === "/api/clock") return sluice.stream(req, res, ticks(has("one by one")), { event: "tick" });
    if (req.url === "/api/login") {
      res.setHeader("set-cookie", `user=${((await json(req)) as { user: string }).user}`);
      return answer(200, {});
    }
    if (user === undefined) return answer(401, {});
    const topics = has("topics") ? ("*" as const) : [`user:${user}`];
    if (req.url === "/api/news" && isStream) return sluice.stream(req, res, news.subscribe({ topics }), options);
    if (req.url === "/api/news") {
      const { text, to } = (await json(req)) as { text: string; to?: string };
      return answer(201, {
        id: await news.publish("posted", { text }, to === undefined ? {} : { topics: [`user:${to}`] }),
      });
    }
    if (req.url === "/api/failing") {
      const failing = async () => {
        throw Object.assign(new Error("Failing."), { status: 418 });
      };
      const handle = ({ status, message }: Error & { status: number }) => answer(status, { handled: message });
      return sluice.stream(req, res, failing, { throws: has("errors") ? "none" : "errors" }).catch(handle);
    }
    if (id === undefined) return answer(202, { id: start(user).id });
    if (has("headers of refusals")) res.removeHeader("x-request-id");
    return sluice.stream(req, res, jobs.progress(id, has("job") ? {} : { user }));
  };
  const server = createServer((req, res) => void handle(req, res)).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** An iterable of the contract, or one that yields its values in pairs, long after it made them. */
function ticks(inPairs: boolean) {
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  return async function* () {
    for (;;) {
      const at = Date.now();
      if (!inPairs) yield { at };
      await pause(150);
      const then = Date.now();
      await pause(150);
      if (inPairs) yield* [{ at }, { at: then }];
    }
  };
}
