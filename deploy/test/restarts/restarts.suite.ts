import { describeRestarts } from "../support/contracts/restart-contract.ts";
import { APACHE, CADDY, HAPROXY, NGINX, VARNISH } from "../support/proxies/proxies.ts";

describeRestarts(NGINX);
describeRestarts(HAPROXY);
describeRestarts(CADDY);
describeRestarts(APACHE, ["HTTP/1.1", "HTTP/1.1 over TLS"]);
describeRestarts(VARNISH);
