import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";

const PACKAGE = fileURLToPath(new URL("../../../../", import.meta.url));

/** A server of the built client's files, and of a page that runs scenarios with them. */
export interface PageServer extends AsyncDisposable {
  readonly origin: string;
  /** Returns the text of such a page, for a server of another origin. `head`: elements for its head. */
  html(head?: string): string;
}

/** Starts the server on a free port. */
export async function startPageServer(): Promise<PageServer> {
  const server = createServer(async ({ url = "/" }, response) => {
    const isFile = /^\/(dist|test\/client\/programs)\/[\w/-]+\.m?js$/.test(url);
    if (url === "/") return response.writeHead(200, { "content-type": "text/html" }).end(html());
    if (!isFile) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": "text/javascript", "access-control-allow-origin": "*" });
    return response.end(await readFile(PACKAGE + url));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const html = (head = "") => `<!doctype html><link rel="icon" href="data:,">${head}<script type="module">
    import * as client from "${origin}/dist/client/index.js";
    import { fetchEventSource } from "${origin}/dist/fetch-event-source/index.js";
    import { runScenario } from "${origin}/test/client/programs/recorder.mjs";
    globalThis.run = (source, argument) => runScenario({ ...client, fetchEventSource }, source, argument);
  </script>`;
  return {
    origin,
    html,
    async [Symbol.asyncDispose]() {
      server.close().closeAllConnections();
    },
  };
}
