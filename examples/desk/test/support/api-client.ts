import { EventReader } from "./event-reader.ts";

/** Calls the desk's API as one user, or without a user. */
export class ApiClient {
  readonly #url: string;
  readonly token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.token = token;
  }

  /** Signs in and resolves to a client for this user. */
  static async signIn(url: string, userId: string): Promise<ApiClient> {
    const anonymous = new ApiClient(url, "");
    const { token } = await anonymous.json<{ token: string }>("POST", "/api/session", { userId });
    return new ApiClient(url, token);
  }

  /** Sends a request, with the body as JSON. */
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

  /** Sends a request and resolves to the JSON of the response. Does not check the status. */
  async json<T>(method: string, path: string, body?: unknown): Promise<T> {
    return (await (await this.fetch(method, path, body)).json()) as T;
  }

  /** Opens an event stream, which closes when the test ends. */
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
