import { expect, test } from '@playwright/test';

import { newSale, reconcile, register } from './fleet';

test('a buyer registers, wins, pays at the simulator and sees the order paid', async ({
  page,
  request,
  context,
}) => {
  const sale = await newSale(request, 5);
  await register(page, `/sales/${sale.id}`);
  await page.getByTestId('buy').dblclick();
  await page.getByTestId('pay').click();
  await expect(page.getByRole('img', { name: '付款二维码' })).toBeVisible();
  const opened = context.waitForEvent('page');
  await page.getByTestId('simulator').click();
  const desk = await opened;
  await desk.getByRole('button').click();
  await expect(desk.getByText('Paid')).toBeVisible();
  await expect(page.getByText('付款成功')).toBeVisible();
  await page.getByRole('link', { name: '查看订单' }).click();
  await expect(page.getByText('已付款').first()).toBeVisible();
});

test('the button opens by the server’s clock', async ({ page, request }) => {
  const sale = await newSale(request, 5, 8_000);
  await register(page, `/sales/${sale.id}`);
  const buy = page.getByTestId('buy');
  await expect(buy).toHaveAttribute('aria-disabled', 'true');
  await expect(page.getByText(/已按服务器时间校准/)).toBeVisible();
  await expect(buy).toHaveText('立即抢购');
  await buy.click();
  await expect(page.getByTestId('pay')).toBeVisible();
});

test('429, 503, no answer and a lost answer all end in one order', async ({ page, request }) => {
  const sale = await newSale(request, 5);
  await register(page, `/sales/${sale.id}`);
  const keys: string[] = [];
  await page.route('**/api/v1/seckill/activities/*/orders', async (route) => {
    keys.push(route.request().headers()['idempotency-key'] ?? '');
    const refusal = (status: number) =>
      route.fulfill({
        status,
        headers: { 'Retry-After': '1' },
        json: { code: status, message: '', data: null, request_id: '', timestamp: '' },
      });
    if (keys.length === 1) await refusal(429);
    else if (keys.length === 2) await refusal(503);
    else if (keys.length === 3) await route.abort();
    else if (keys.length === 4) {
      // The purchase happens, and its answer is lost.
      await route.fetch();
      await route.abort();
    } else await route.continue();
  });
  await page.getByTestId('buy').click();
  await expect(page.getByText(/秒后自动再试/)).toBeVisible();
  await expect(page.getByTestId('pay')).toBeVisible({ timeout: 30_000 });
  expect(keys.length).toBe(5);
  expect(new Set(keys).size).toBe(1);
  const { missing_order_ids, doubled_units } = await reconcile(request, sale.id);
  expect([missing_order_ids, doubled_units]).toEqual([[], []]);
  await page.goto('/orders');
  await expect(page.getByRole('listitem').filter({ hasText: sale.product_name })).toHaveCount(1);
});

test('a reload and a second tab find the same order', async ({ page, request, context }) => {
  const sale = await newSale(request, 5);
  await register(page, `/sales/${sale.id}`);
  await page.getByTestId('buy').click();
  const pay = page.getByTestId('pay');
  await expect(pay).toBeVisible();
  const order = await pay.getAttribute('href');
  await page.reload();
  await expect(pay).toHaveAttribute('href', order ?? '');
  const second = await context.newPage();
  await second.goto(`/sales/${sale.id}`);
  await expect(second.getByTestId('pay')).toHaveAttribute('href', order ?? '');
});

test('a reload while nothing was answered asks again with the same key', async ({
  page,
  request,
}) => {
  const sale = await newSale(request, 5);
  await register(page, `/sales/${sale.id}`);
  const keys: string[] = [];
  await page.route('**/api/v1/seckill/activities/*/orders', async (route) => {
    keys.push(route.request().headers()['idempotency-key'] ?? '');
    if (keys.length === 1) await new Promise(() => undefined);
    await route.continue();
  });
  await page.getByTestId('buy').click();
  await expect.poll(() => keys.length).toBe(1);
  await page.reload();
  await expect(page.getByTestId('pay')).toBeVisible();
  expect(new Set(keys).size).toBe(1);
});
