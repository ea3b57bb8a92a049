import { FetchWire } from "./fetch-wire.ts";
import type { Wire } from "./wire.ts";

/** Redirects that a client follows at most (Fetch standard, section 4.4). */
const MOST_REDIRECTS = 20;

/**
 * Returns a `fetch` whose answers come from `onWire`, without sockets. It follows redirects as the Fetch standard says,
 * and sets the response's `url` and `redirected`. `onWire` returns false if the server does not listen.
 */
export function scriptedFetch(onWire: (wire: Wire) => boolean): typeof fetch {
  return async (input, init) => {
    let request = new Request(input, init);
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      const { method, url, headers, signal, redirect } = request;
      const body = await request.clone().text();
      const { pathname, search } = new URL(url);
      const seen = { method, path: pathname + search, headers: Object.fromEntries(headers), body };
      const wire = new FetchWire(seen, signal);
      if (!wire.isClosed && !onWire(wire)) wire.cut();
      const response = await wire.response;
      const location = response.headers.get("location");
      const isRedirect = [301, 302, 303, 307, 308].includes(response.status) && location !== null;
      if (!isRedirect || redirect === "manual") return described(response, url, redirects > 0);
      if (redirect === "error") break;
      // [spec] If status is 301 or 302 and request's method is `POST`, or status is 303: set request's method to `GET`.
      const isPost = method === "POST" && response.status <= 302;
      const turnsToGet = isPost || (response.status === 303 && method !== "GET" && method !== "HEAD");
      const next = { method: turnsToGet ? "GET" : method, headers, signal };
      request = new Request(new URL(location, url), turnsToGet || body === "" ? next : { ...next, body });
    }
    throw new TypeError("fetch failed");
  };
}

/** Sets the properties that only `fetch` itself can set. */
function described(response: Response, url: string, redirected: boolean): Response {
  return Object.defineProperties(response, { url: { value: url }, redirected: { value: redirected } });
}
