/**
 * Returns a function that queues callbacks. They run in order, each as a task of its own: all promise callbacks that an
 * earlier one causes run before it, as between two tasks of a browser.
 */
export function createTaskQueue(): (callback: () => void) => void {
  if (typeof setImmediate === "function") return setImmediate;
  /** The callbacks that wait for a message of the channel. */
  const waiting: (() => void)[] = [];
  // A browser has no `setImmediate`, and delays timers: by 4 ms if they are nested, by seconds in a hidden tab.
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => waiting.shift()?.();
  return (callback) => {
    waiting.push(callback);
    port2.postMessage(0);
  };
}
