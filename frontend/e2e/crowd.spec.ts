import { expect, test } from '@playwright/test';

import { newSale, reconcile, register } from './fleet';

const PAGES = 20;
const UNITS = 8;
const AT_ONCE = 5;

test('twenty browsers, eight units: eight winners, twelve told so, books that agree', async ({
  browser,
  request,
}) => {
  test.setTimeout(150_000);
  const sale = await newSale(request, UNITS);
  const pages = await Promise.all(
    Array.from({ length: PAGES }, async () => (await browser.newContext()).newPage()),
  );
  // A few at a time: each registration costs the server a password hash.
  for (let i = 0; i < PAGES; i += AT_ONCE) {
    const some = pages.slice(i, i + AT_ONCE);
    await Promise.all(some.map((page) => register(page, `/sales/${sale.id}`)));
  }
  await Promise.all(pages.map((page) => page.getByTestId('buy').click({ timeout: 60_000 })));
  const ends = await Promise.all(
    pages.map(async (page) => {
      const won = page.getByTestId('pay');
      const lost = page.locator('[data-testid=buy][data-state=lost]');
      await expect(won.or(lost)).toBeVisible({ timeout: 60_000 });
      return (await won.count()) > 0;
    }),
  );
  expect(ends.filter(Boolean).length).toBe(UNITS);
  const report = await reconcile(request, sale.id);
  for (const list of [
    'lost_units',
    'doubled_units',
    'orphan_order_ids',
    'missing_order_ids',
  ] as const) {
    expect(report[list], list).toEqual([]);
  }
  await Promise.all(pages.map((page) => page.context().close()));
});
