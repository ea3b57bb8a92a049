import { describeOutage } from "../support/contracts/outage-contract.ts";
import { describeProxy } from "../support/contracts/proxy-contract.ts";
import { HAPROXY } from "../support/proxies/proxies.ts";

describeProxy(HAPROXY, { usualTimeoutS: 60 });
describeOutage(HAPROXY);
