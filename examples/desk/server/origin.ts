/** Returns true if a server with this address listens on all addresses of the machine. */
export function isWildcard(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

/** Returns the URL at which this machine reaches a server with this address. */
export function originOf(
  { address, port }: { readonly address: string; readonly port: number },
  scheme: "http" | "https" = "http",
): string {
  const host = isWildcard(address) ? "127.0.0.1" : address;
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
