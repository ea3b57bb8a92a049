import type { Certificate } from "./certificate.ts";

/**
 * Streams that a client may have open on one connection. Node announces no limit; Chromium then assumes 100, and lets
 * the next stream, and every other request, wait.
 */
const MAX_CONCURRENT_STREAMS = 1_000;

/** Returns the options of Fastify for HTTPS, over HTTP/2 or HTTP/1.1. Without a certificate, the server speaks HTTP. */
export function serverOptions(certificate: Certificate | undefined): object {
  if (certificate === undefined) return {};
  const settings = { maxConcurrentStreams: MAX_CONCURRENT_STREAMS };
  return { http2: true, https: { ...certificate, allowHTTP1: true, settings } };
}
