import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { build } from "rolldown";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "../../../../scripts/programs/launch-chromium.mjs";
import { startScriptedServer } from "../../src/testing/index.ts";
import { ROOT, readDocument } from "./support/documents.ts";
import { codeBlocks } from "./support/markdown.ts";

/** Programs that show the number of events with the recipe of a framework, which the module `recipe` is. */
const PROGRAMS: Readonly<Record<string, string>> = {
  vue: `import { createApp, h } from "vue"; import { useStore } from "recipe";
    const Count = { setup() { const count = useStore(counted); return () => h("b", count.value); } };
    const app = createApp(Count); app.mount(main); globalThis.stop = () => app.unmount();`,
  "sluice/react": `import { createElement, StrictMode } from "react"; import { createRoot } from "react-dom/client";
    import { Orders } from "recipe";
    const root = createRoot(main); root.render(createElement(StrictMode, null, createElement(Orders)));
    globalThis.stop = () => root.unmount();`,
  "svelte/reactivity": `import { createSubscriber } from "svelte/reactivity"; import { mount, unmount } from "svelte";
    import { fromStore } from "recipe"; import Count from "count.svelte";
    const count = mount(Count, { target: main, props: { count: fromStore(counted) } });
    globalThis.stop = () => unmount(count);`,
  "solid-js": `import { render } from "solid-js/web"; import h from "solid-js/h"; import { fromStore } from "recipe";
    globalThis.stop = render(() => { const count = fromStore(counted); return h("b", () => count()); }, main);`,
};

const SVELTE_COMPONENT = "<script>let { count } = $props();</script><b>{count.current}</b>";

/** Bundles the program of a framework with its recipe. */
async function bundle(framework: string, recipe: string, url: string): Promise<string> {
  const { compile } = await import("svelte/compiler");
  const modules: Record<string, string> = {
    recipe: recipe.replace('"/api/orders/stream"', JSON.stringify(url)),
    "count.svelte": compile(SVELTE_COMPONENT, { generate: "client", runes: true }).js.code,
    program: `import { shareEventStream } from "sluice/client";
      const main = document.body.appendChild(document.createElement("main"));
      const counted = shareEventStream(${JSON.stringify(url)}).project("n", (count) => count + 1, 0);
      ${PROGRAMS[framework]}`,
  };
  const { output } = await build({
    input: "program",
    cwd: join(ROOT, "packages/sluice"),
    plugins: [
      {
        name: "recipe",
        resolveId: (id) => (id in modules ? join(ROOT, `packages/sluice/${id}.tsx`) : undefined),
        load: (id) => modules[id.slice(join(ROOT, "packages/sluice/").length, -4)],
      },
    ],
    write: false,
    platform: "browser",
    transform: { define: { "process.env.NODE_ENV": '"production"', __VUE_OPTIONS_API__: "true" } },
    output: { codeSplitting: false },
  });
  return output[0].code;
}

describe("the recipes of docs/client.md", () => {
  const recipes = codeBlocks(readDocument("docs/client.md")).filter(({ code }) =>
    /Store<Value>|"sluice\/react"/.test(code),
  );
  let browser: Awaited<ReturnType<typeof launchChromium>>;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  it.each(Object.keys(PROGRAMS))("run with the real package: %s", async (framework) => {
    const recipe = recipes.find(({ code }) => code.includes(`from "${framework}"`))!.code;
    const lines = recipe.split("\n").filter((line) => line !== "" && !line.startsWith("import"));
    expect(lines.length).toBeLessThanOrEqual(10);
    await using server = await startScriptedServer({ cors: true });
    const code = await bundle(framework, recipe, server.url);
    const site = createServer(({ url }, response) =>
      response
        .writeHead(200, { "content-type": url === "/" ? "text/html" : "text/javascript" })
        .end(url === "/" ? `<!doctype html><body><script type="module" src="/program.js"></script>` : code),
    );
    await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
    try {
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(String(error)));
      await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
      const connection = await server.next();
      for (let id = 1; id <= 300; id++)
        await connection.send(
          `event: n\nid: ${id}\ndata: ${id}\n\nevent: placed\nid: ${id}\ndata: {"orderId":"${id}"}\n\n`,
        );
      if (framework === "sluice/react")
        await expect.poll(() => page.locator("[data-state=open] > li").count()).toBe(300);
      else await expect.poll(() => page.textContent("b")).toBe("300");
      await page.evaluate("stop()");
      await expect.poll(() => connection.isClosed).toBe(true);
      expect([errors, server.connections.length]).toEqual([[], 1]);
      await page.close();
    } finally {
      site.close().closeAllConnections();
    }
  });
});
