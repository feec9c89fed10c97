/** What the stories need of the fleet, made through its API as anybody would. */
import { type APIRequestContext, type APIResponse, expect, type Page } from '@playwright/test';

export const PASSWORD = 'buyer-demo';
const MINUTE_MS = 60_000;

export const unique = (prefix: string) =>
  `${prefix}${Date.now().toString(36)}${Math.random().toString(36).slice(2, 6)}`;

/** What the stories read of several answers. */
interface Data {
  id: number;
  product_name: string;
  access_token: string;
  lost_units: number[];
  doubled_units: number[];
  orphan_order_ids: number[];
  missing_order_ids: number[];
}

async function data(response: APIResponse): Promise<Data> {
  const body = (await response.json()) as { code: number; data: Data };
  expect(body.code, JSON.stringify(body)).toBe(0);
  return body.data;
}

let adminToken: string | null = null;

/** Signed in once per worker: logins of one account are limited to ten a minute. */
export async function admin(request: APIRequestContext) {
  if (adminToken) return { Authorization: `Bearer ${adminToken}` };
  const login = { username: 'admin', password: 'admin-demo' };
  const { access_token } = await data(await request.post('/api/v1/auth/login', { data: login }));
  adminToken = access_token;
  return { Authorization: `Bearer ${access_token}` };
}

/** A product of its own, because a product has one sale at a time. */
export async function newSale(request: APIRequestContext, units: number, startsInMs = -1000) {
  const headers = await admin(request);
  const product = { name: `${unique('手机')}`, category: '数码', price: '1000.00', stock: 1000 };
  const { id } = await data(
    await request.post('/api/v1/admin/products', { headers, data: product }),
  );
  const now = Date.now();
  const activity = {
    product_id: id,
    name: '浏览器里的秒杀',
    spike_price: '9.90',
    spike_stock: units,
    per_user_limit: 1,
    payment_window_s: 900,
    start_at: new Date(now + startsInMs).toISOString(),
    end_at: new Date(now + 60 * MINUTE_MS).toISOString(),
  };
  const made = await request.post('/api/v1/admin/seckill/activities', { headers, data: activity });
  return data(made);
}

export async function reconcile(request: APIRequestContext, id: number) {
  const headers = await admin(request);
  const answer = await request.post(`/api/v1/admin/seckill/activities/${id}/reconcile`, {
    headers,
    data: { repair: false },
  });
  return data(answer);
}

export async function register(page: Page, next = '/') {
  await page.goto(`/register?next=${next}`);
  await page.getByLabel('用户名').fill(unique('u'));
  await page.getByLabel('密码').fill(PASSWORD);
  await page.getByRole('button', { name: '注册' }).click();
  await page.waitForURL((url) => url.pathname === next);
}

export async function signIn(page: Page, username: string, password: string, next = '/') {
  await page.goto(`/login?next=${next}`);
  await page.getByLabel('用户名、邮箱或手机号').fill(username);
  await page.getByLabel('密码').fill(password);
  await page.getByRole('button', { name: '登录', exact: true }).click();
  await page.waitForURL((url) => url.pathname === next);
}
