/// <reference types="vite/client" />

// The light build has the same interface less what we do not use; the package ships no types for it.
declare module "hls.js/light" {
  export * from "hls.js";
  export { default } from "hls.js";
}
