import { APACHE } from "./support/proxies.ts";
import { describeProxy } from "./support/proxy-contract.ts";

describeProxy(APACHE, { protocols: ["HTTP/1.1", "HTTP/1.1 over TLS"], usualTimeoutS: 60 });
