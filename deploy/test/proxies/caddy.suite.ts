import { describeOutage } from "../support/contracts/outage-contract.ts";
import { describeProxy } from "../support/contracts/proxy-contract.ts";
import { CADDY } from "../support/proxies/proxies.ts";

describeProxy(CADDY, { usualTimeoutS: 60 });
describeOutage(CADDY);
