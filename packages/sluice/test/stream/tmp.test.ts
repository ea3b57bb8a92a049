import { it } from "vitest";
import { createSluice } from "../../src/index.ts";
import { turns } from "../helpers/until.ts";
it("x", async () => {
  for (const compress of [true, false]) {
    const sluice = createSluice({ compress, highWaterMark: 8192, onError: console.error });
    const channel = sluice.channel<{ n: string }>("news", { retain: { bytes: Number.POSITIVE_INFINITY } });
    const noise = Buffer.from(crypto.getRandomValues(new Uint8Array(16000))).toString("base64");
    for (let i = 0; i < 600; i++) await channel.publish("n", `${i} ${noise}`);
    const r = await sluice.response(new Request("http://x/", { headers: { "accept-encoding": "gzip" } }), channel.subscribe({ from: "start" }));
    await turns(5);
    console.log(sluice.connections(), sluice.stats());
    const reader = r.body!.getReader();
    let bytes = 0;
    for (let i = 0; i < 3000; i++) {
      const got = await Promise.race([reader.read(), new Promise<undefined>((r) => setTimeout(() => r(undefined), 200))]);
      if (got === undefined) { console.log("stuck", i, bytes, sluice.connections(), sluice.stats()); break; }
      bytes += got.value!.length;
    }
    void sluice.close();
  }
});
