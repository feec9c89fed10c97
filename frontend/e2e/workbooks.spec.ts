import { expect, test } from '@playwright/test';

import { register } from './fleet';

const csv = (name: string, rows: string[]) => ({
  name,
  mimeType: 'text/csv',
  buffer: Buffer.from(`编号,名称,价格\n${rows.join('\n')}\n`),
});

test('two files are dropped, differences seen, the result downloaded', async ({
  page,
  context,
}) => {
  await register(page, '/workbooks');
  await page.getByRole('button', { name: '开始对比' }).click();
  await expect(page.getByRole('alert')).toHaveText('请放入两个文件');
  const rows = Array.from({ length: 300 }, (_, i) => `${i},商品${i},${i * 10}`);
  const changed = rows.map((row, i) => (i % 10 ? row : `${i},商品${i},${i * 10 + 1}`));
  await page.getByLabel(/旧文件/).setInputFiles(csv('旧.csv', rows));
  await page.getByLabel(/新文件/).setInputFiles(csv('新.csv', [...changed, '999,新品,1']));
  await page.getByRole('button', { name: '开始对比' }).click();
  const table = page.getByRole('group', { name: '预览' });
  await expect(table).toContainText('修改', { timeout: 30_000 });
  await expect(page.locator('.counts')).toContainText('30');
  const download = page.getByRole('button', { name: '下载结果' });
  const simulator = page.getByTestId('simulator');
  await expect(download.or(simulator)).toBeVisible();
  if (await simulator.isVisible()) {
    const opened = context.waitForEvent('page');
    await simulator.click();
    await (await opened).getByRole('button').click();
  }
  await expect(download).toBeVisible({ timeout: 20_000 });
  const file = page.waitForEvent('download');
  await download.click();
  expect((await file).suggestedFilename()).toMatch(/\.xlsx$/);
});

test('a file that is no workbook is refused in words', async ({ page }) => {
  await register(page, '/workbooks');
  const noise = {
    name: '坏.xlsx',
    mimeType: 'application/zip',
    buffer: Buffer.from('PK\x03\x04no'),
  };
  await page.getByLabel(/旧文件/).setInputFiles(noise);
  await page.getByLabel(/新文件/).setInputFiles(noise);
  await page.getByRole('button', { name: '开始对比' }).click();
  await expect(page.getByRole('alert').first()).toBeVisible({ timeout: 30_000 });
});
