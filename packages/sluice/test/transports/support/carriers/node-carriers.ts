import type { NodeResponse } from "../../../../src/index.ts";
import { RawClient } from "../../../support/clients/raw-client.ts";
import { type AnyResponse, startServer } from "../../../support/test-server.ts";
import type { Arrival, Carrier, ClientRequest, TestClient } from "./carrier.ts";

/** Changes a response before Sluice gets it. */
export type Middleware = (response: AnyResponse) => void;

interface Http1Options {
  readonly name: string;
  readonly tls?: boolean;
  readonly version?: "1.0" | "1.1";
  readonly middleware?: Middleware;
}

/** Returns a carrier of HTTP/1 on real sockets. */
export function http1Carrier({ name, tls = false, version = "1.1", middleware }: Http1Options): Carrier {
  return {
    name,
    ways: ["FIN", "RST", "half-close"],
    framed: version !== "1.0",
    async start(answer) {
      const server = await startServer(
        (request, response) => {
          middleware?.(response);
          answer(
            (sluice, source, options) => sluice.stream(request, response as NodeResponse, source, options),
            arrivalOf(response),
          );
        },
        tls ? "https" : "http",
      );
      return {
        request: (request) => requestOverHttp1(server.port, { ...request }, { tls, version }),
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    },
  };
}

/** Watches a response of Node for the end of its connection. */
export function arrivalOf(response: AnyResponse): Arrival {
  const arrival = { gone: false };
  response.on("close", () => {
    arrival.gone = true;
  });
  return arrival;
}

function requestOverHttp1(
  port: number,
  request: ClientRequest,
  how: { tls: boolean; version: "1.0" | "1.1" },
): TestClient {
  const client = new RawClient(port, { ...request, ...how }).send({ ...request, ...how });
  return {
    get status() {
      return client.hasHead ? client.response.status : 0;
    },
    get headers() {
      return client.response.headers;
    },
    get stream() {
      return client.stream;
    },
    get complete() {
      return client.hasHead && client.response.complete;
    },
    get over() {
      return client.closed;
    },
    pause: () => client.pause(),
    resume: () => client.resume(),
    leave: (way) => (way === "FIN" ? client.close() : way === "RST" ? client.reset() : client.halfClose()),
  };
}
