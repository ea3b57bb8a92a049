import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { programPath } from "../../../../../../scripts/programs/programs.mjs";
import { freePort } from "../../../../../../scripts/programs/server-process.mjs";
import { openEventStream } from "../../../../src/client/index.ts";
import { Site } from "../../../support/site.ts";
import { until } from "../../../support/until.ts";

const EVENTS = 100;
/** Time between two events, in ms. */
const PACE_MS = 20;
const LONGEST_MEDIAN_MS = 1_000;
/** Tests allow five times as much, for busy machines. */
const ALLOWANCE = 5;
/** The client asks for short streams after 5 s. */
const HELD_MS = 8_000;

/** How the proxy asks the server, so that it holds each response back until it ends. */
const PROXIES = [
  ["HTTP/1.0 to the server", "proxy_http_version 1.0;"],
  ["gzip", 'proxy_http_version 1.1; proxy_set_header Connection ""; gzip on; gzip_types text/event-stream;'],
] as const;

/** A real nginx that buffers responses and ignores `X-Accel-Buffering`. */
class HoldingNginx implements AsyncDisposable {
  port = 0;
  #folder = "";
  #child!: ChildProcess;

  static async start(program: string, backend: number, settings: string): Promise<HoldingNginx> {
    const nginx = new HoldingNginx();
    nginx.port = await freePort();
    nginx.#folder = await mkdtemp(join(tmpdir(), "sluice-nginx-"));
    const places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((of) => `${of}_temp_path temp_${of};`);
    const configuration = `
      daemon off; master_process off; pid nginx.pid; error_log error.log;
      events {}
      http {
        access_log off; ${places.join(" ")}
        server {
          listen 127.0.0.1:${nginx.port};
          location / {
            proxy_pass http://127.0.0.1:${backend}; proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;
            ${settings}
          }
        }
      }`;
    const file = join(nginx.#folder, "nginx.conf");
    await writeFile(file, configuration);
    nginx.#child = spawn(program, ["-p", nginx.#folder, "-e", "error.log", "-c", file], { stdio: "inherit" });
    await until("nginx listens", () => isListening(nginx.port));
    return nginx;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill();
      await once(this.#child, "exit");
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const isOpen = await new Promise<boolean>((resolve) => {
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  });
  socket.destroy();
  return isOpen;
}

const sleep = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));
const nginx = programPath("nginx");

if (nginx === undefined) console.log("Left out, because nginx is not found: short streams behind a real proxy.");
else
  describe.each(PROXIES)("openEventStream() behind an nginx that holds responses back: %s", (_, settings) => {
    it("receives every event once and in order, at the median within a second", async () => {
      await using site = await Site.open();
      const channel = site.sluice.channel<{ n: { id: number; at: number } }>("news");
      site.source = channel.subscribe();
      site.options = { shortStreams: true };
      await using proxy = await HoldingNginx.start(nginx, site.port, settings);
      const delays: number[] = [];
      const received: number[] = [];
      await using stream = openEventStream<{ n: { id: number; at: number } }>(`http://127.0.0.1:${proxy.port}/`);
      stream.on("n", ({ id, at }) => {
        delays.push(performance.now() - at);
        received.push(id);
      });
      await until("it has a position", () => stream.lastEventId !== "", 5 * HELD_MS);
      for (let id = 0; id < EVENTS; id++) {
        await channel.publish("n", { id, at: performance.now() });
        await sleep(PACE_MS);
      }
      await until("all have arrived", () => received.length >= EVENTS, 5 * HELD_MS);
      expect(received).toEqual(Array.from({ length: EVENTS }, (_, id) => id));
      const sorted = delays.toSorted((a, b) => a - b);
      const median = sorted[EVENTS / 2]!;
      const figures = `median ${median.toFixed(1)} ms, longest ${sorted.at(-1)!.toFixed(1)} ms`;
      console.log(`publish to receive, ${EVENTS} events: ${figures}; ${site.reasons.length} responses`);
      expect(median).toBeLessThan(LONGEST_MEDIAN_MS * ALLOWANCE);
      expect(new Set(site.reasons.slice(1))).toEqual(new Set(["short"]));
    });

    it.each([
      ["the client", { shortStreams: false }, { shortStreams: true }],
      ["the server", {}, { shortStreams: false }],
    ])("receives no event while the response is held if %s does without short streams", async (_, client, server) => {
      await using site = await Site.open();
      const channel = site.sluice.channel("news");
      site.source = channel.subscribe();
      site.options = server;
      await using proxy = await HoldingNginx.start(nginx, site.port, settings);
      const received: unknown[] = [];
      await using stream = openEventStream(`http://127.0.0.1:${proxy.port}/`, client);
      stream.on("n", (data) => received.push(data));
      await until("it is live", () => channel.stats().live === 1);
      for (let waited = 0; waited < HELD_MS; waited += HELD_MS / 10) {
        await channel.publish("n", waited);
        await sleep(HELD_MS / 10);
      }
      expect(received).toEqual([]);
      expect(stream.lastEventId).toBe("");
      // The events were under way all the time: the end of the response releases them.
      site.sluice.disconnect({ channel: "news" });
      await until("they arrive", () => received.length > 0);
    });
  });
