import { expect, test } from '@playwright/test';

import { newSale, register, signIn, unique } from './fleet';

test('a sale is opened by keyboard only', async ({ page, request }) => {
  const { product_name: taken } = await newSale(request, 1);
  const name = unique('键盘场');
  await signIn(page, 'admin', 'admin-demo', '/admin/activities');
  const create = page.getByRole('button', { name: '新建活动' });
  await expect(create).toBeEnabled();
  await create.focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: '新建活动' });
  await expect(dialog).toBeVisible();
  // The product of the running sale is refused by the server, in words, and the form stays.
  await dialog.getByLabel('商品').selectOption({ label: taken });
  await dialog.getByLabel('活动名称').focus();
  await page.keyboard.type(name);
  await page.keyboard.press('Tab');
  await page.keyboard.type('2000');
  await page.keyboard.press('Enter');
  await expect(dialog.getByText('秒杀价要低于原价')).toBeVisible();
  await dialog.getByLabel('秒杀价（元）').focus();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('9.9');
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('alert')).toContainText('该商品已有进行中的秒杀活动');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
});

test('a sale is watched, reconciled and cancelled', async ({ page, request }) => {
  const sale = await newSale(request, 3);
  await signIn(page, 'admin', 'admin-demo', '/admin/activities');
  await page.goto(`/admin/activities/${sale.id}`);
  await expect(page.getByRole('img', { name: '剩余件数的变化' })).toBeVisible();
  await page.getByRole('button', { name: '核对账目' }).click();
  await expect(page.getByText('账目一致')).toBeVisible();
  await page.getByRole('button', { name: '取消活动' }).click();
  await page.getByRole('button', { name: '确定' }).click();
  await expect(page.getByText('已取消').first()).toBeVisible();
});

test('a customer may not look in', async ({ page }) => {
  await register(page, '/');
  await page.goto('/admin');
  await expect(page.getByText('您没有权限查看这里')).toBeVisible();
});
