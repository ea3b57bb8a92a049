// @ts-check
/**
 * A TCP proxy that can cut, delay and lose traffic. It is plain JavaScript, because the fault tests in chaos/ use it
 * too.
 */
import { once } from "node:events";
import { connect, createServer } from "node:net";

/** @typedef {import("./tcp-proxy.d.mts").TcpProxy} TcpProxy */
/** @typedef {import("node:net").Socket} Socket */

/** The current faults of a proxy, shared by all of its wires. */
class Faults {
  holds = false;
  refuses = false;
  swallows = false;
  delayMs = 0;
}

/** One connection: a socket to the client and one to the server. */
class Wire {
  /** True if bytes were lost on it. Nothing passes any more then, not even the end: the rest of a stream is useless. */
  isTorn = false;
  #sockets;
  #lanes;

  /**
   * @param {Socket} client
   * @param {Socket} server
   * @param {Faults} faults
   * @param {() => void} onClose
   */
  constructor(client, server, faults, onClose) {
    this.#sockets = [client, server];
    this.#lanes = [new Lane(this, client, server, faults), new Lane(this, server, client, faults)];
    let open = 2;
    for (const socket of this.#sockets) socket.once("close", () => --open === 0 && onClose());
  }

  hold() {
    for (const socket of this.#sockets) socket.pause();
  }

  release() {
    for (const lane of this.#lanes) lane.release();
  }

  cut() {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }
}

/** One direction of a wire. */
class Lane {
  /** Delayed bytes in order; `undefined` stands for the end. @type {{ bytes: Buffer | undefined, due: number }[]} */
  #delayed = [];
  #wire;
  #from;
  #to;
  #faults;

  /**
   * @param {Wire} wire
   * @param {Socket} from
   * @param {Socket} to
   * @param {Faults} faults
   */
  constructor(wire, from, to, faults) {
    this.#wire = wire;
    this.#from = from;
    this.#to = to;
    this.#faults = faults;
    from.setNoDelay(true);
    from.on("data", (bytes) => {
      if (faults.swallows) wire.isTorn = true;
      this.#send(bytes);
    });
    from.on("end", () => this.#send(undefined));
    from.on("error", () => {});
    // Also after an orderly end: both directions have ended then.
    from.on("close", (failed) => failed && !wire.isTorn && to.destroy());
    to.on("drain", () => this.release());
  }

  release() {
    if (!this.#faults.holds && this.#delayed.length === 0) this.#from.resume();
  }

  /** @param {Buffer | undefined} bytes */
  #send(bytes) {
    const { delayMs } = this.#faults;
    if (delayMs === 0 && this.#delayed.length === 0) return this.#pass(bytes);
    this.#delayed.push({ bytes, due: performance.now() + delayMs });
    if (this.#delayed.length === 1) setTimeout(this.#sendDelayed, delayMs);
  }

  #sendDelayed = () => {
    const now = performance.now();
    while (this.#delayed.length > 0) {
      const { bytes, due } = /** @type {{ bytes: Buffer | undefined, due: number }} */ (this.#delayed[0]);
      if (due > now) return void setTimeout(this.#sendDelayed, due - now);
      this.#delayed.shift();
      this.#pass(bytes);
    }
  };

  /** @param {Buffer | undefined} bytes */
  #pass(bytes) {
    if (this.#wire.isTorn) return;
    if (bytes === undefined) this.#to.end();
    else if (!this.#to.write(bytes)) this.#from.pause();
  }
}

/**
 * @param {number} targetPort
 * @returns {Promise<TcpProxy>}
 */
export async function startProxy(targetPort) {
  /** @type {Set<Wire>} */
  const wires = new Set();
  const faults = new Faults();
  let target = targetPort;

  const listener = createServer({ allowHalfOpen: true }, (client) => {
    if (faults.refuses) return void client.resetAndDestroy();
    const server = connect({ port: target, host: "127.0.0.1", allowHalfOpen: true });
    const wire = new Wire(client, server, faults, () => wires.delete(wire));
    wires.add(wire);
    if (faults.holds) wire.hold();
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");

  const cut = () => {
    for (const wire of wires) wire.cut();
  };
  return {
    port: /** @type {import("node:net").AddressInfo} */ (listener.address()).port,
    get connections() {
      return wires.size;
    },
    cut,
    refuse() {
      faults.refuses = true;
      cut();
    },
    pause() {
      faults.holds = true;
      for (const wire of wires) wire.hold();
    },
    delay(ms) {
      faults.delayMs = ms;
    },
    swallow() {
      faults.swallows = true;
    },
    resume() {
      Object.assign(faults, new Faults());
      for (const wire of wires) wire.release();
    },
    retarget(port) {
      target = port;
    },
    async [Symbol.asyncDispose]() {
      faults.refuses = true;
      cut();
      if (!listener.listening) return;
      listener.close();
      await once(listener, "close");
    },
  };
}
