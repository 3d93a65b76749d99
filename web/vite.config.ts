import { defineConfig } from "vitest/config";

export default defineConfig({
  build: {
    outDir: "../watchglass/console/static",
    emptyOutDir: true,
    target: "es2022",
    // The console's content security policy allows no inline script and no data: fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      "/api": { target: "http://127.0.0.1:8765", ws: true },
    },
  },
  test: {
    include: ["src/**/*.test.ts"],
    environment: "node",
    // One fixed zone with summer time: tests of the timeline depend on it.
    env: { TZ: "Europe/Berlin" },
  },
});
