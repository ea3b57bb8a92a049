import { APACHE, CADDY, HAPROXY, NGINX, VARNISH } from "./support/proxies.ts";
import { describeRestarts } from "./support/restart-contract.ts";

describeRestarts(NGINX);
describeRestarts(HAPROXY);
describeRestarts(CADDY);
describeRestarts(APACHE, ["HTTP/1.1", "HTTP/1.1 over TLS"]);
describeRestarts(VARNISH);
