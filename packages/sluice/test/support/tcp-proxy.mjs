// @ts-check
/**
 * A wire between a program and a server that a test can cut, slow down or tear. Plain JavaScript, since the fault tests in chaos/ use
 * it too.
 */
import { once } from "node:events";
import { connect, createServer } from "node:net";

/** @typedef {import("./tcp-proxy.d.mts").TcpProxy} TcpProxy */
/** @typedef {import("node:net").Socket} Socket */

/** What happens to bytes on their way; one for all wires of a proxy. */
class Weather {
  holds = false;
  refuses = false;
  swallows = false;
  delayMs = 0;
}

/** One connection: a socket to the client and one to the server. */
class Wire {
  /** Whether bytes were lost on it: a stream with a hole is none, so that nothing goes through it any more, not even its end. */
  isTorn = false;
  #sockets;
  #lanes;

  /**
   * @param {Socket} client
   * @param {Socket} server
   * @param {Weather} weather
   * @param {() => void} onClose
   */
  constructor(client, server, weather, onClose) {
    this.#sockets = [client, server];
    this.#lanes = [new Lane(this, client, server, weather), new Lane(this, server, client, weather)];
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
  /** What is delayed, in order; `undefined` stands for the end. @type {{ bytes: Buffer | undefined, due: number }[]} */
  #delayed = [];
  #wire;
  #from;
  #to;
  #weather;

  /**
   * @param {Wire} wire
   * @param {Socket} from
   * @param {Socket} to
   * @param {Weather} weather
   */
  constructor(wire, from, to, weather) {
    this.#wire = wire;
    this.#from = from;
    this.#to = to;
    this.#weather = weather;
    from.setNoDelay(true);
    from.on("data", (bytes) => {
      if (weather.swallows) wire.isTorn = true;
      this.#send(bytes);
    });
    from.on("end", () => this.#send(undefined));
    from.on("error", () => {});
    // Also after an end in order, since both directions are over then.
    from.on("close", (failed) => failed && !wire.isTorn && to.destroy());
    to.on("drain", () => this.release());
  }

  release() {
    if (!this.#weather.holds && this.#delayed.length === 0) this.#from.resume();
  }

  /** @param {Buffer | undefined} bytes */
  #send(bytes) {
    const { delayMs } = this.#weather;
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
  const weather = new Weather();
  let target = targetPort;

  const listener = createServer({ allowHalfOpen: true }, (client) => {
    if (weather.refuses) return void client.resetAndDestroy();
    const server = connect({ port: target, host: "127.0.0.1", allowHalfOpen: true });
    const wire = new Wire(client, server, weather, () => wires.delete(wire));
    wires.add(wire);
    if (weather.holds) wire.hold();
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
      weather.refuses = true;
      cut();
    },
    pause() {
      weather.holds = true;
      for (const wire of wires) wire.hold();
    },
    delay(ms) {
      weather.delayMs = ms;
    },
    swallow() {
      weather.swallows = true;
    },
    resume() {
      Object.assign(weather, new Weather());
      for (const wire of wires) wire.release();
    },
    retarget(port) {
      target = port;
    },
    async [Symbol.asyncDispose]() {
      weather.refuses = true;
      cut();
      if (!listener.listening) return;
      listener.close();
      await once(listener, "close");
    },
  };
}
