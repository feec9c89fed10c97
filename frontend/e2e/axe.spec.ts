import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { expect, type Page, test } from '@playwright/test';

import { newSale, register, signIn } from './fleet';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

interface Violation {
  id: string;
  nodes: { target: string[]; failureSummary: string }[];
}

async function check(page: Page, path: string) {
  for (const theme of ['light', 'dark']) {
    await page.evaluate((name) => (document.documentElement.dataset.theme = name), theme);
    // Outside the page's own policy, as a browser's extension would be.
    await page.evaluate(AXE);
    const violations = await page.evaluate(async (values) => {
      const { axe } = window as unknown as {
        axe: { run: (options: unknown) => Promise<{ violations: Violation[] }> };
      };
      const { violations } = await axe.run({ runOnly: { type: 'tag', values } });
      return violations.map(
        ({ id, nodes }) => `${id}: ${nodes[0]?.target} ${nodes[0]?.failureSummary}`,
      );
    }, TAGS);
    expect(violations, `${path} ${theme}`).toEqual([]);
  }
}

test('no page breaks WCAG 2.2 AA, in either theme', async ({ page, request }) => {
  test.setTimeout(120_000);
  const sale = await newSale(request, 5);
  const visit = async (path: string) => {
    await page.goto(path);
    await page.waitForLoadState('networkidle').catch(() => undefined);
    await expect(page.locator('h1, h2').first()).toBeVisible();
    await check(page, path);
  };
  for (const path of [
    '/',
    '/products',
    '/login',
    '/register',
    '/workbooks',
    '/design',
    '/nowhere',
  ]) {
    await visit(path);
  }
  await register(page, `/sales/${sale.id}`);
  await check(page, 'sale, open');
  await page.getByTestId('buy').click();
  await expect(page.getByTestId('pay')).toBeVisible();
  await check(page, 'sale, won');
  await page.getByTestId('pay').click();
  await expect(page.getByRole('img', { name: '付款二维码' })).toBeVisible();
  await check(page, 'pay');
  for (const path of ['/orders', '/me', '/workbooks', '/admin']) await visit(path);
});

test('administration does not either', async ({ page, request }) => {
  const sale = await newSale(request, 5);
  await signIn(page, 'admin', 'admin-demo', '/admin/activities');
  const paths = [
    '/admin/activities',
    `/admin/activities/${sale.id}`,
    '/admin/products',
    '/admin/orders',
  ];
  for (const path of paths) {
    await page.goto(path);
    await expect(page.locator('h1').first()).toBeVisible();
    await check(page, path);
  }
});
