/** The parts of a client of `@nats-io/transport-node` that keep a process running. The client does not expose them. */
interface Internals {
  readonly protocol?: {
    readonly transport?: { readonly socket?: Unrefable };
    readonly heartbeats?: { timer?: Unrefable | number; _schedule?(): void };
  };
}

interface Unrefable {
  unref?(): void;
}

/**
 * Lets the process exit while the connection is idle. Call it after each connect: the client then has a new socket. If
 * a later version of the client looks different inside, its connection keeps the process running until it is closed.
 */
export function letExit(connection: object): void {
  const { transport, heartbeats } = (connection as Internals).protocol ?? {};
  transport?.socket?.unref?.();
  if (heartbeats === undefined) return;
  const schedule = heartbeats._schedule;
  // The client schedules each ping with a timer of its own.
  if (schedule !== undefined && !Object.hasOwn(heartbeats, "_schedule")) {
    heartbeats._schedule = () => {
      schedule.call(heartbeats);
      unref(heartbeats.timer);
    };
  }
  unref(heartbeats.timer);
}

function unref(timer: Unrefable | number | undefined): void {
  if (typeof timer === "object") timer.unref?.();
}
