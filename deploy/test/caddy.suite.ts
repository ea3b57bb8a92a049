import { CADDY } from "./support/proxies.ts";
import { describeProxy } from "./support/proxy-contract.ts";

describeProxy(CADDY, { usualTimeoutS: 60 });
