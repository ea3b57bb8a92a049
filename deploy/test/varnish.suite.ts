import { describeOutage } from "./support/outage-contract.ts";
import { VARNISH } from "./support/proxies.ts";
import { describeProxy } from "./support/proxy-contract.ts";

describeProxy(VARNISH, { usualTimeoutS: 60 });
describeOutage(VARNISH);
