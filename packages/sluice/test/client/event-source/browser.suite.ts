import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { programPath } from "../../../../../scripts/programs/programs.mjs";
import { type Script, startScriptedServer } from "../../../src/testing/index.ts";
import { type ChromiumRuntime, startChromium } from "../support/runtimes/chromium.ts";
import type { Scope } from "../support/runtimes/runtime.ts";

const urlOf = async ({ EventSource }: Scope, url: string) => {
  const source = new EventSource(url);
  source.close();
  return source.url;
};

// `allRuntimes()` reports it if Chromium is missing.
if (programPath("chromium") !== undefined)
  describe("EventSource in a page", () => {
    let chromium: ChromiumRuntime;
    beforeAll(async () => {
      chromium = await startChromium();
    });
    afterAll(() => chromium?.[Symbol.asyncDispose]());

    /** Starts a server whose first answer is a page that runs scenarios, and visits the page. */
    const serverWithPage = async (path: string, head: string, otherwise?: Script) => {
      const scripts: Script[] = [
        (connection) => connection.answer(200, { type: "text/html", body: chromium.html(head) }),
      ];
      const server = await startScriptedServer({ scripts, ...(otherwise === undefined ? {} : { otherwise }) });
      await chromium.visit(server.url + path);
      return server;
    };

    it("resolves a URL against the URL of the page, or its base element", async () => {
      await using server = await serverWithPage("a/b.html", "");
      const urls = ["events?x#y", "/events", "", undefined as never];
      const resolved: string[] = [];
      for (const url of urls) resolved.push(await chromium.run(urlOf, url));
      const expected = ["a/events?x#y", "events", "a/b.html", "a/undefined"].map((path) => server.url + path);
      expect(resolved).toEqual(expected);
      await using other = await serverWithPage("a/c.html", '<base href="/d/">');
      expect(await chromium.run(urlOf, "events")).toBe(`${other.url}d/events`);
    });

    it("sends cookies to its own origin, and to others only with withCredentials", async () => {
      await using server = await startScriptedServer({ cors: true, otherwise: (connection) => connection.open() });
      await chromium.page.context().addCookies([{ name: "user", value: "ada", url: server.url }]);
      const cookieOf = async (options: object) => {
        await chromium.run((scope, { url, options }) => scope.record(scope, url, { options, until: 1 }), {
          url: server.url,
          options,
        });
        return server.connections.at(-1)?.headers.cookie;
      };
      await chromium.visit(`${chromium.origin}/`);
      expect(await cookieOf({})).toBe(undefined);
      expect(await cookieOf({ withCredentials: true })).toBe("user=ada");
      server.script((connection) => connection.answer(200, { type: "text/html", body: chromium.html() }));
      await chromium.visit(`${server.url}page.html`);
      expect(await cookieOf({})).toBe("user=ada");
    });

    it("needs no preflight for its first request to another origin", async () => {
      await using server = await startScriptedServer({
        otherwise: (connection) => connection.open({ headers: { "access-control-allow-origin": "*" } }),
      });
      await chromium.visit(`${chromium.origin}/`);
      await chromium.run((scope, url) => scope.record(scope, url, { until: 1 }), server.url);
      expect(server.connections.map(({ method }) => method)).toEqual(["GET"]);
    });

    it("sends its last event ID to its own origin without a preflight", async () => {
      await using server = await serverWithPage("page.html", "");
      const recorded = chromium.run((scope, url) => scope.record(scope, url, { until: 3 }), server.url);
      const first = await server.next();
      await first.send("retry: 1\nid: größe\n\n");
      first.end();
      const second = await server.next();
      expect([second.method, second.lastEventId]).toEqual(["GET", "größe"]);
      second.open();
      await recorded;
    });

    it("keeps trying if another origin does not let it read, since fetch does not say so", async () => {
      await using server = await startScriptedServer({ otherwise: (connection) => connection.open() });
      await chromium.visit(`${chromium.origin}/`);
      const log = await chromium.run((scope, url) => scope.record(scope, url, { until: 1 }), server.url);
      expect(log).toEqual([["error", 0]]);
    });

    it("keeps trying after window.stop(), which fetch reports like a dead network", async () => {
      await using server = await startScriptedServer({ cors: true });
      await chromium.visit(`${chromium.origin}/`);
      const log = chromium.run(async ({ EventSource }, url) => {
        const source = new EventSource(url);
        const failed = new Promise<void>((resolve) => source.addEventListener("error", () => resolve()));
        source.addEventListener("open", () => (globalThis as unknown as Window).stop());
        await failed;
        const { readyState } = source;
        source.close();
        return readyState;
      }, server.url);
      (await server.next()).open();
      expect(await log).toBe(0);
    });

    it("reports the error of a listener to the page, and calls all other listeners", async () => {
      const otherwise: Script = (connection) => connection.send("data: 1\n\ndata: 2\n\n");
      await using server = await startScriptedServer({ cors: true, otherwise });
      await chromium.visit(`${chromium.origin}/`);
      const seen = await chromium.run(async ({ EventSource }, url) => {
        const seen: string[] = [];
        globalThis.addEventListener("error", ({ error }) => void seen.push((error as Error).message));
        const source = new EventSource(url);
        source.onmessage = ({ data }) => {
          throw new Error(`at ${data}`);
        };
        await new Promise<void>((resolve) => {
          source.addEventListener("message", ({ data }) => {
            seen.push(data);
            if (data === "2") resolve();
          });
        });
        source.close();
        return seen;
      }, server.url);
      expect(seen).toEqual(["at 1", "1", "at 2", "2"]);
    });

    it("works in a worker, and resolves a URL against the URL of the worker", async () => {
      await using server = await startScriptedServer({
        cors: true,
        otherwise: (connection) => connection.send("data: 1\n\n"),
      });
      await chromium.visit(`${chromium.origin}/`);
      const scenario = async (scope: Scope, url: string) => {
        const log = await scope.record(scope, url, { until: 2 });
        const source = new scope.EventSource("events");
        source.close();
        return [...log, source.url];
      };
      const seen = await chromium.page.evaluate(
        async ([source, argument]) => {
          const worker = new Worker("/test/client/programs/worker.mjs", { type: "module" });
          const message = () => new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data)));
          await message();
          worker.postMessage({ source, argument });
          return message();
        },
        [scenario.toString(), server.url] as const,
      );
      expect(seen).toEqual([["open", 1], ["message", "1", ""], `${chromium.origin}/test/client/programs/events`]);
    });
  });
