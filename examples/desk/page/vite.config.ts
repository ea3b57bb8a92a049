import { defineConfig } from "vite";

/** Where a running desk answers, for `npx vite page`: the page is then rebuilt as one edits it. */
const DESK = "http://127.0.0.1:8080";

export default defineConfig({
  root: import.meta.dirname,
  build: {
    outDir: "../dist/page",
    emptyOutDir: true,
    // The page's policy allows its own files only, so nothing may be inlined as a data: address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": DESK, "/health": DESK, "/metrics": DESK, "/openapi.json": DESK } },
});
