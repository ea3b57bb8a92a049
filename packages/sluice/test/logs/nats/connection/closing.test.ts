import { once } from "node:events";
import { type AddressInfo, connect, createServer, Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { NATS_SERVER } from "../../../support/stores/nats-server.ts";
import { turns } from "../../../support/turns.ts";
import { KEEP_ALL } from "../../support/contracts/log-contract.ts";
import { entry, useNats } from "../support/use-nats.ts";

/**
 * Starts a relay to a server that goes away in the two steps of a killed process: the client's socket ends in order,
 * and later writes to it are reset.
 */
async function startRelay(targetPort: number) {
  const wires: { readonly client: Socket; readonly server: Socket }[] = [];
  const listener = createServer((client) => {
    const server = connect(targetPort, "127.0.0.1");
    for (const socket of [client, server]) socket.on("error", () => {}).setNoDelay(true);
    client.pipe(server).pipe(client);
    wires.push({ client, server });
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return {
    port: (listener.address() as AddressInfo).port,
    end() {
      listener.close();
      for (const { client, server } of wires) {
        server.unpipe(client);
        client.end();
      }
    },
    reset() {
      for (const { client, server } of wires) for (const socket of [client, server]) socket.destroy();
    },
  };
}

describe.skipIf(NATS_SERVER === undefined)("natsLog, when it is closed", () => {
  const nats = useNats();

  it("rejects events in flight with CLOSED if there is no server", async () => {
    const log = nats.newLog();
    const channel = await log.open("orders", { retain: KEEP_ALL });
    await nats.server.kill();
    const rejected = expect(channel.append([entry(1)])).rejects.toMatchObject({ code: "CLOSED" });
    await log.close();
    await rejected;
  });

  it.each([0, 1, 2, 3])(
    "survives a failing last write, %i turns after the server has gone away",
    async (turnsAfter) => {
      const relay = await startRelay(nats.server.port);
      nats.onCleanUp(() => relay.reset());
      const emit = Socket.prototype.emit as (...parts: unknown[]) => boolean;
      nats.onCleanUp(() => void (Socket.prototype.emit = emit));
      const sockets = new Set<Socket>();
      // Resolves when the log's socket ends, before the NATS client reacts to it.
      const ended = new Promise<void>((resolve) => {
        Socket.prototype.emit = function (this: Socket, name: string, ...more: unknown[]) {
          if (name === "connect" && this.remotePort === relay.port) sockets.add(this);
          if (name === "end" && sockets.has(this)) resolve();
          return emit.call(this, name, ...more);
        };
      });
      const log = nats.newLog({ servers: `nats://127.0.0.1:${relay.port}` });
      const channel = await log.open("orders", { retain: KEEP_ALL });
      relay.end();
      await ended;
      relay.reset();
      await turns(turnsAfter);
      const rejected = expect(channel.append([entry(1)])).rejects.toMatchObject({ code: "CLOSED" });
      await log.close();
      await rejected;
    },
  );
});
