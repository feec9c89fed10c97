import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const gateway = process.env.MALL_GATEWAY_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react()],
  // An inlined asset would be a data: URL, which the content security policy refuses for scripts.
  build: { manifest: true, target: 'es2022', assetsInlineLimit: 0, chunkSizeWarningLimit: 600 },
  server: { port: 5173, proxy: { '/api/': gateway } },
  preview: { port: 4173, proxy: { '/api/': gateway } },
  test: { include: ['src/**/*.test.ts'] },
});
