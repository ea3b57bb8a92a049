import { describeOutage } from "./support/outage-contract.ts";
import { NGINX } from "./support/proxies.ts";
import { describeProxy } from "./support/proxy-contract.ts";

describeProxy(NGINX, { usualTimeoutS: 60 });
describeOutage(NGINX);
