import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { programPath } from "../programs/programs.mjs";
import { REDIS, ServerProcess } from "../programs/server-process.mjs";

describe.skipIf(programPath(REDIS.name) === undefined)("a server that tests start", () => {
  it("starts on another port if a process has taken its port meanwhile", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void other.close());
    await once(other, "listening");
    const taken = (other.address() as AddressInfo).port;
    const ports: number[] = [];
    const argumentsFor = (port: number, folder: string) => {
      ports.push(port);
      return REDIS.argumentsFor(ports.length === 1 ? taken : port, folder);
    };
    await using server = await ServerProcess.start({ ...REDIS, argumentsFor });
    expect(await server.ask("PING")).toBe("+PONG\r\n");
    expect(ports).toEqual([expect.any(Number), server.port]);
  });

  it("shows what the server printed if it starts on no port", async () => {
    const start = ServerProcess.start(REDIS, { args: ["--unknown-option", "1"] });
    await expect(start).rejects.toThrow(/^redis-server did not start\. It printed: .*unknown-option/s);
  });

  it("gets a port that systems do not give to outgoing connections", async () => {
    await using server = await ServerProcess.start(REDIS);
    expect(server.port).toBeLessThan(32_000);
  });
});
