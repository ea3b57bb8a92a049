import { launchFirefox } from "../../../../../../scripts/programs/launch-firefox.mjs";
import { startPageServer } from "./page-server.ts";
import type { Runtime } from "./runtime.ts";

/** Starts Firefox with a page that runs scenarios with the built client. */
export async function startFirefox(): Promise<Runtime> {
  const server = await startPageServer();
  const page = await launchFirefox();
  await page.navigate(`${server.origin}/`);
  return {
    async run(scenario, argument) {
      // A value without a JSON text, such as `undefined`, has no result.
      const script = "return window.run(arguments[0], JSON.parse(arguments[1])).then((value) => JSON.stringify(value))";
      const result = (await page.run(script, scenario.toString(), JSON.stringify(argument ?? null))) as string | null;
      return result === null ? undefined : JSON.parse(result);
    },
    async [Symbol.asyncDispose]() {
      await page[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}
