import { describeOutage } from "./support/outage-contract.ts";
import { HAPROXY } from "./support/proxies.ts";
import { describeProxy } from "./support/proxy-contract.ts";

describeProxy(HAPROXY, { usualTimeoutS: 60 });
describeOutage(HAPROXY);
