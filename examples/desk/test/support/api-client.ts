import { EventReader } from "./event-reader.ts";

/** Calls the desk's API as one user, or as nobody. */
export class ApiClient {
  readonly #url: string;
  readonly token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.token = token;
  }

  /** Signs in. */
  static async signIn(url: string, userId: string): Promise<ApiClient> {
    const nobody = new ApiClient(url, "");
    const { token } = await nobody.json<{ token: string }>("POST", "/api/session", { userId });
    return new ApiClient(url, token);
  }

  fetch(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.#url + path, {
      method,
      headers: {
        ...(this.token !== "" && { authorization: `Bearer ${this.token}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  /** The JSON of the answer, whatever its status. */
  async json<T>(method: string, path: string, body?: unknown): Promise<T> {
    return (await (await this.fetch(method, path, body)).json()) as T;
  }

  /** Opens an event stream; it is closed when the test is over. */
  async stream(path: string, headers: Record<string, string> = {}): Promise<EventReader> {
    const abort = new AbortController();
    const response = await fetch(this.#url + path, {
      headers: { ...(this.token !== "" && { authorization: `Bearer ${this.token}` }), ...headers },
      signal: abort.signal,
    });
    return new EventReader(response, abort);
  }

  placeOrder(customerName: string, amount = 12.5): Promise<{ orderId: string; eventId: string }> {
    return this.json("POST", "/api/orders", { customerName, amount });
  }
}
