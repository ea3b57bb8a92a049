import { describeOutage } from "../support/contracts/outage-contract.ts";
import { describeProxy } from "../support/contracts/proxy-contract.ts";
import { VARNISH } from "../support/proxies/proxies.ts";

describeProxy(VARNISH, { usualTimeoutS: 60 });
describeOutage(VARNISH);
