// @ts-check
/** Sends one request on a connection of its own, over HTTP/1.1 or over HTTP/2 with TLS. */
import { request as requestHttp1 } from "node:http";
import { connect } from "node:http2";

/**
 * @typedef {object} Sent
 * @property {string} method
 * @property {string} path
 * @property {Readonly<Record<string, string>>} headers
 * @property {string | undefined} body
 *
 * @typedef {object} Received
 * @property {number} status
 * @property {Headers} headers
 * @property {import("node:stream").Readable} body an incomplete body ends with an error
 * @property {() => void} leave closes the connection without a word
 */

/**
 * Resolves when the head of the response has arrived.
 * @param {string} origin
 * @param {Sent} sent
 * @returns {Promise<Received>}
 */
export function exchange(origin, sent) {
  return origin.startsWith("https:") ? exchangeHttp2(origin, sent) : exchangeHttp1(origin, sent);
}

/** @param {string} origin @param {Sent} sent @returns {Promise<Received>} */
function exchangeHttp1(origin, { method, path, headers, body }) {
  return new Promise((resolve, reject) => {
    const request = requestHttp1(new URL(path, origin), { method, headers, agent: false });
    request.once("error", reject);
    request.once("response", (response) => {
      request.off("error", reject).on("error", () => undefined); // the body has the error too
      resolve({
        status: response.statusCode ?? 0,
        headers: headersOf(pairs(response.rawHeaders)),
        body: response,
        leave: () => void request.destroy(),
      });
    });
    request.end(body);
  });
}

/** @param {string} origin @param {Sent} sent @returns {Promise<Received>} */
function exchangeHttp2(origin, { method, path, headers, body }) {
  return new Promise((resolve, reject) => {
    const session = connect(origin, { rejectUnauthorized: false });
    session.once("error", reject);
    const request = session.request({ ":method": method, ":path": path, ...headers });
    request.once("error", reject);
    request.once("close", () => session.close());
    request.once("response", (head) => {
      request.off("error", reject).on("error", () => undefined);
      const fields = Object.entries(head).filter(([name]) => !name.startsWith(":"));
      resolve({
        status: Number(head[":status"]),
        headers: headersOf(fields.flatMap(([name, value]) => [value].flat().map((text) => [name, `${text}`]))),
        body: request,
        leave: () => void session.destroy(),
      });
    });
    request.end(body);
  });
}

/** @param {readonly string[]} raw names and values in turn */
function pairs(raw) {
  return Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i] ?? "", raw[2 * i + 1] ?? ""]);
}

/** @param {readonly (readonly string[])[]} fields */
function headersOf(fields) {
  const headers = new Headers();
  for (const [name = "", value = ""] of fields) headers.append(name, value);
  return headers;
}
