import { describe } from "vitest";
import type { Protocol } from "../support/clients/stream-client.ts";
import { describeOutage } from "../support/contracts/outage-contract.ts";
import { describeProxy } from "../support/contracts/proxy-contract.ts";
import { APACHE } from "../support/proxies/proxies.ts";
import type { ProxyKind } from "../support/proxies/proxy-process.ts";

const PROTOCOLS: readonly Protocol[] = ["HTTP/1.1", "HTTP/1.1 over TLS"];

describeProxy(APACHE, { protocols: PROTOCOLS, usualTimeoutS: 60 });
describeOutage(APACHE, PROTOCOLS);

/** The shipped file with HTTP/2 switched on, as its comment describes. */
const WITH_HTTP2: ProxyKind = {
  ...APACHE,
  replacements: (places) => ({
    ...APACHE.replacements(places),
    "#LoadModule http2_module": "LoadModule http2_module",
    "#Protocols h2": "Protocols h2",
  }),
};
describe("with HTTP/2", () => describeProxy(WITH_HTTP2, { protocols: ["HTTP/2"], usualTimeoutS: 60 }));
