import { describe } from "vitest";
import { describeOutage } from "./support/outage-contract.ts";
import { APACHE } from "./support/proxies.ts";
import { describeProxy } from "./support/proxy-contract.ts";
import type { ProxyKind } from "./support/proxy-process.ts";
import type { Protocol } from "./support/stream-client.ts";

const PROTOCOLS: readonly Protocol[] = ["HTTP/1.1", "HTTP/1.1 over TLS"];

describeProxy(APACHE, { protocols: PROTOCOLS, usualTimeoutS: 60 });
describeOutage(APACHE, PROTOCOLS);

/** The shipped file, with HTTP/2 switched on as it says. */
const WITH_HTTP2: ProxyKind = {
  ...APACHE,
  replacements: (places) => ({
    ...APACHE.replacements(places),
    "#LoadModule http2_module": "LoadModule http2_module",
    "#Protocols h2": "Protocols h2",
  }),
};
describe("with HTTP/2", () => describeProxy(WITH_HTTP2, { protocols: ["HTTP/2"], usualTimeoutS: 60 }));
