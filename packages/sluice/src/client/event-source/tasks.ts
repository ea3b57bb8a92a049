/** Runs callbacks in order, each as a task of its own. */
export class Tasks {
  /** The callbacks that wait for a message of the channel. */
  readonly #waiting: (() => void)[] = [];
  #port: MessagePort | undefined;

  /**
   * Queues a callback. All promise callbacks that an earlier one causes run before it, as between two tasks of a
   * browser.
   */
  queue(callback: () => void): void {
    if (typeof setImmediate === "function") {
      setImmediate(callback);
      return;
    }
    // A browser has no `setImmediate`, and delays timers: by 4 ms if they are nested, by seconds in a hidden tab.
    if (this.#port === undefined) {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => this.#waiting.shift()?.();
      this.#port = port2;
    }
    this.#waiting.push(callback);
    this.#port.postMessage(0);
  }
}
