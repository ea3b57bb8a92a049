import { once } from "node:events";
import { type ClientHttp2Session, connect, type Settings } from "node:http2";
import { describe, expect, it, onTestFinished } from "vitest";
import { ProxiedDesk, QUIET_STREAM } from "../support/desks/proxied-desk.ts";
import { eventually } from "../support/eventually.ts";
import { ifFound } from "../support/proxies/optional-proxies.ts";
import { CADDY, ENVOY, HAPROXY, NGINX, TRAEFIK, VARNISH } from "../support/proxies/proxies.ts";
import { type ProxyKind, ProxyProcess } from "../support/proxies/proxy-process.ts";

/** One more than the streams of a connection if a server announces no limit. */
const STREAMS = 101;
const ANNOUNCED = 1_000;

/** Opens a connection of HTTP/2. Resolves to the connection and the number of streams that the proxy announces. */
async function openSession(proxy: ProxyProcess): Promise<[ClientHttp2Session, number | undefined]> {
  const session = connect(`https://localhost:${proxy.tlsPort}`, { rejectUnauthorized: false });
  onTestFinished(() => session.destroy());
  const [settings] = (await once(session, "remoteSettings")) as [Settings];
  return [session, settings.maxConcurrentStreams];
}

/** `setting`: the text of the shipped file that sets the number. Without it, a proxy announces `byDefault` streams. */
function describeStreams(kind: ProxyKind, setting: string | undefined, byDefault: number): void {
  const start = async (file: ProxyKind) => {
    const desk = await ProxiedDesk.start({ compress: false });
    const proxy = await ProxyProcess.start(file, { desks: [desk.port, desk.port] });
    onTestFinished(async () => {
      await proxy.stop();
      await desk[Symbol.asyncDispose]();
    });
    return { desk, proxy };
  };

  describe(`deploy/${kind.files[0]}, over one connection of HTTP/2`, () => {
    it(`serves ${STREAMS} streams and another request`, async () => {
      const { desk, proxy } = await start(kind);
      const [session, announced] = await openSession(proxy);
      expect(announced).toBe(setting === undefined ? byDefault : ANNOUNCED);
      let heads = 0;
      const request = (path: string, headers = desk.headers) => {
        const stream = session.request({ ":path": path, accept: "text/event-stream", ...headers });
        stream.on("error", () => undefined);
        stream.on("response", ({ ":status": status }) => (heads += Number(status === 200)));
      };
      for (let i = 1; i < STREAMS; i++) request(QUIET_STREAM);
      await eventually("the streams begin", () => heads === STREAMS - 1);
      // A user of the desk has at most 100 streams.
      request(QUIET_STREAM, await desk.signIn("ben"));
      request("/health/live");
      await eventually("the last stream begins, and the request is answered", () => heads === STREAMS + 1);
    });

    if (setting === undefined) return;
    it(`announces ${byDefault} streams without its setting`, async () => {
      const without: ProxyKind = {
        ...kind,
        replacements: (places) => ({ ...kind.replacements(places), [setting]: "" }),
      };
      const { proxy } = await start(without);
      const [, announced] = await openSession(proxy);
      console.log(`${kind.name} announces ${announced} streams by default`);
      expect(announced).toBe(byDefault);
    });
  });
}

describeStreams(NGINX, "http2_max_concurrent_streams 1000;", 128);
describeStreams(HAPROXY, "tune.h2.max-concurrent-streams 1000", 100);
describeStreams(CADDY, undefined, 250);
describeStreams(VARNISH, "-p h2_max_concurrent_streams=1000 ", 100);
ifFound(TRAEFIK, () => describeStreams(TRAEFIK, "maxConcurrentStreams: 1000", 250));
ifFound(ENVOY, () => describeStreams(ENVOY, "max_concurrent_streams: 1000", 1_024));
