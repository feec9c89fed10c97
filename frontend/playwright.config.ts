import { defineConfig } from '@playwright/test';

/** Against a fleet that runs: `cargo xtask up`. Debian's Chromium, no download. */
export default defineConfig({
  testDir: 'e2e',
  timeout: 45_000,
  expect: { timeout: 12_000 },
  workers: 2,
  retries: process.env.CI ? 1 : 0,
  reporter: 'line',
  use: {
    baseURL: process.env.MALL_GATEWAY_URL ?? 'http://127.0.0.1:8080',
    locale: 'zh-CN',
    viewport: { width: 390, height: 844 },
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox'],
    },
  },
});
