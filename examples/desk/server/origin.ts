/** Returns the URL at which this machine reaches a server with this address. */
export function originOf({ address, port }: { readonly address: string; readonly port: number }): string {
  const host = address === "0.0.0.0" || address === "::" ? "127.0.0.1" : address;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
