// How the console is built. Everything is a file of its own (`default-src 'self'` lets nothing be inlined), and paths are
// relative, so that it also works behind a proxy that puts it under a prefix.
import { defineConfig } from 'vite';
import solid from 'vite-plugin-solid';

export default defineConfig({
  base: './',
  plugins: [solid()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  // `npm run dev` shows the sources against a naru that runs here: NARU=http://127.0.0.1:9090
  server: { proxy: { '/v1': process.env.NARU ?? 'http://127.0.0.1:9090' } },
});
