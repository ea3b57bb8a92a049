import { BlockList } from "node:net";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** An IPv6 address without brackets: at least two colons. */
const BARE_IPV6 = /^[\da-f.]*:[\da-f.]*:[\da-f:.]*$/i;
const WITHOUT_PORT = /^(?:\[[\da-f:.]+\]|[^:[\]*]+)$/i;

/**
 * Returns the host of a `Host` header in the form in which a browser sends it, without the port and a final dot.
 * Returns `undefined` if the header is not valid.
 */
export function hostnameOf(host: string): string | undefined {
  // A URL could also contain a user or a path.
  if (!/^[^\s/\\@?#]+$/.test(host)) return undefined;
  const url = `http://${host}`;
  return URL.canParse(url) ? new URL(url).hostname.replace(/\.$/, "") : undefined;
}

/** Like {@link hostnameOf}, for a name or an address without a port. An IPv6 address may lack its brackets. */
export function readHostname(name: string): string | undefined {
  const host = BARE_IPV6.test(name) ? `[${name}]` : name;
  return WITHOUT_PORT.test(host) ? hostnameOf(host) : undefined;
}

/** Returns true if a host name or an address leads to this machine only. */
export function isLoopback(host: string): boolean {
  if (/^(?:.+\.)?localhost$/.test(host)) return true;
  const address = host.replace(/^\[(.*)\]$/, "$1");
  return LOOPBACK.check(address, address.includes(":") ? "ipv6" : "ipv4");
}
