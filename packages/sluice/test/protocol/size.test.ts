import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { expect, it } from "vitest";

const MAX_GZIP_BYTES = 2_000;

it(`sluice/protocol, all of it, minified, is at most ${MAX_GZIP_BYTES} bytes of gzip`, async () => {
  const bundle = await rolldown({
    input: fileURLToPath(new URL("../../src/protocol/index.ts", import.meta.url)),
    external: [],
  });
  const { output } = await bundle.generate({ minify: true });
  await bundle.close();
  expect(output).toHaveLength(1);
  expect(output[0].imports).toEqual([]);
  expect(output[0].code).toContain("INVALID_FIELD");
  expect(gzipSync(output[0].code, { level: 9 }).length).toBeLessThanOrEqual(MAX_GZIP_BYTES);
});
