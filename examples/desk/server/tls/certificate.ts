import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";

/** A certificate and its private key, as PEM. */
export interface Certificate {
  readonly key: string;
  /** The certificate, and after it those of its issuers. */
  readonly cert: string;
}

/** Reads a certificate and its key from files. Throws an error that names the file, or says that they do not match. */
export function readCertificate(certFile: string, keyFile: string): Certificate {
  const certificate = { key: readFileSync(keyFile, "utf8"), cert: readFileSync(certFile, "utf8") };
  createSecureContext(certificate);
  return certificate;
}
