import { expect, it, onTestFinished, vi } from "vitest";
import { EventSource } from "../../../src/client/index.ts";
import { startScriptedServer } from "../../../src/testing/index.ts";
import { inProcess } from "../support/runtimes/in-process.ts";
import { eventSourceContract } from "./support/event-source-contract.ts";

// `npm run test:client` runs the same in other runtimes.
eventSourceContract(inProcess);

it("leaves no timer that would keep the process running, if it is closed while it waits to reconnect", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const server = await startScriptedServer({
    sockets: false,
    otherwise: async (connection) => {
      await connection.send("retry: 100000\n\n");
      connection.end();
    },
  });
  const source = new EventSource(server.url, { fetch: server.fetch });
  await new Promise((resolve) => source.addEventListener("error", resolve));
  expect(vi.getTimerCount()).toBe(1);
  source.close();
  expect(vi.getTimerCount()).toBe(0);
  await server.close();
});
