import { describeOutage } from "./support/outage-contract.ts";
import { CADDY } from "./support/proxies.ts";
import { describeProxy } from "./support/proxy-contract.ts";

describeProxy(CADDY, { usualTimeoutS: 60 });
describeOutage(CADDY);
