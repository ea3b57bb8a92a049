import { describeOutage } from "../support/contracts/outage-contract.ts";
import { describeProxy } from "../support/contracts/proxy-contract.ts";
import { NGINX } from "../support/proxies/proxies.ts";

describeProxy(NGINX, { usualTimeoutS: 60 });
describeOutage(NGINX);
