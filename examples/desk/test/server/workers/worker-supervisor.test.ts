import cluster from "node:cluster";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { WorkerSupervisor } from "../../../server/workers/worker-supervisor.ts";

it("replaces workers that exit at once with growing waits, then gives up with the reason", async () => {
  cluster.setupPrimary({
    exec: fileURLToPath(new URL("../../support/short-lived-worker.mjs", import.meta.url)),
    args: [],
  });
  const lines: string[] = [];
  const gaveUp = await new Promise<string>((resolve) => {
    const supervisor = new WorkerSupervisor({
      workers: 1,
      task: { port: 0, jwtSecret: "", exportsFolder: "", startedAt: 0 },
      print: (line) => lines.push(line),
      onGiveUp: resolve,
    });
    void supervisor.start();
  });
  expect(gaveUp).toBe("Worker 1 exited soon after its start 6 times in a row (exit code 3). See its log lines.");
  const waits = lines.map((line) =>
    Number(/^worker 1-[0-9a-f]{4} exited \(exit code 3\): .* in ([\d.]+) s$/.exec(line)?.[1]),
  );
  expect(waits).toEqual([0.2, 0.4, 0.8, 1.6, 3.2]);
});
