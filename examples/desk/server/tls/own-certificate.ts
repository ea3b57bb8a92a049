import type { Flags } from "../flags.ts";
import { isWildcard } from "../origin.ts";
import type { Certificate } from "./certificate.ts";
import { makeCertificate } from "./self-signed.ts";

/** Explains the warning of browsers. */
export const SELF_SIGNED =
  "The certificate was made for this start. Browsers warn of it: continue, or pass your own with --cert and --key.";

/** Returns the names given on the command line. The user may also open the desk at the name after `--host`. */
export function allowedHosts({ allowHosts, host }: Flags): readonly string[] {
  return isWildcard(host) ? allowHosts : [...allowHosts, host];
}

/** Returns the certificate with which the desk serves HTTPS; `undefined`: it serves HTTP. Makes one if it has none. */
export function certificateOf(flags: Flags): Certificate | undefined {
  if (flags.https !== "self-signed") return flags.https;
  return makeCertificate([...new Set(["localhost", "127.0.0.1", "::1", ...allowedHosts(flags)])]);
}
