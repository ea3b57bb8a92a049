import { fileURLToPath } from "node:url";
import type { Channel } from "sluice";
import { buildDesk, type Desk } from "../../../../examples/desk/server/desk.ts";

const PAGE_FOLDER = fileURLToPath(new URL("../../../../examples/desk/dist/page", import.meta.url));
const RETAINED = 10_000;
const ORDERS = { retain: { events: RETAINED } };

/** The stream with replay: `publish()` publishes to it. */
export const STREAM = "/api/orders/stream/reliable";
/** A stream on which no test publishes. */
export const QUIET_STREAM = "/api/notifications/stream";

/** The desk in this process, so that a test can publish and see its streams without a request. */
export class ProxiedDesk implements AsyncDisposable {
  readonly #desk: Desk;
  readonly #orders: Channel<{ orders: { n: number } }>;
  readonly headers: Readonly<Record<string, string>>;
  readonly port: number;
  #published = 0;

  private constructor(desk: Desk, headers: Readonly<Record<string, string>>) {
    this.#desk = desk;
    this.#orders = desk.sluice.channel("orders", ORDERS);
    this.port = Number(new URL(desk.origin()).port);
    this.headers = headers;
  }

  /** Starts a desk. `compress`: true to compress events for clients that accept gzip. */
  static async start({ compress }: { compress: boolean }): Promise<ProxiedDesk> {
    const desk = await buildDesk({ pageFolder: PAGE_FOLDER, retainOrders: RETAINED, compress });
    await desk.app.listen({ port: 0, host: "127.0.0.1" });
    return new ProxiedDesk(desk, await signIn(desk, "ada"));
  }

  /** Signs in another user, and resolves to the headers of that user's requests. */
  signIn(userId: string): Promise<Readonly<Record<string, string>>> {
    return signIn(this.#desk, userId);
  }

  /** Publishes the next number as `{ n }` of an event `orders`. Resolves to its ID. */
  publish(): Promise<string> {
    return this.#orders.publish("orders", { n: ++this.#published });
  }

  get published(): number {
    return this.#published;
  }

  /** Returns true if the desk has an open stream with `key=…` in its query. */
  hasStream(key: string): boolean {
    return this.#desk.sluice.connections().some(({ subscriber }) => subscriber?.key === key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#desk.app.close();
  }
}

async function signIn(desk: Desk, userId: string): Promise<Readonly<Record<string, string>>> {
  const response = await fetch(`${desk.origin()}/api/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ userId }),
  });
  const { token } = (await response.json()) as { token: string };
  return { authorization: `Bearer ${token}` };
}
