import { defineConfig } from "vite";

/** URL of a running desk. `npx vite page` forwards API requests to it. */
const DESK = "http://127.0.0.1:8080";

export default defineConfig({
  root: import.meta.dirname,
  build: {
    outDir: "../dist/page",
    emptyOutDir: true,
    // Do not inline assets as data: URLs. The page's content security policy allows only its own files.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": DESK, "/health": DESK, "/metrics": DESK, "/openapi.json": DESK } },
});
