import { VARNISH } from "./support/proxies.ts";
import { describeProxy } from "./support/proxy-contract.ts";

describeProxy(VARNISH, { usualTimeoutS: 60 });
