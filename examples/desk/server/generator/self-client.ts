import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { text } from "node:stream/consumers";

/** A POST request of the desk to itself. */
export interface SelfRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** Sends requests to the desk's own address. */
export class SelfClient {
  /** Nobody signs a certificate for a loopback address. The requests do not leave this machine. */
  readonly #agent = new Agent({ keepAlive: true, rejectUnauthorized: false });

  /** Resolves to the status of the answer, once its body has arrived: the connection can then be used again. */
  async post(url: string, { headers, body, signal }: SelfRequest): Promise<number> {
    if (url.startsWith("http:")) {
      const response = await fetch(url, { method: "POST", headers, body, signal });
      await response.text();
      return response.status;
    }
    const sent = request(url, { method: "POST", headers, signal, agent: this.#agent });
    const answered = once(sent, "response") as Promise<[IncomingMessage]>;
    sent.end(body);
    const [response] = await answered;
    await text(response);
    return response.statusCode ?? 0;
  }
}
