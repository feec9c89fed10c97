import { expect, it } from 'vitest';

import { type Draft, wrongOf } from './activityDraft';

const good: Draft = {
  product_id: '1',
  name: '双十一',
  price: '9.90',
  units: '10',
  limit: '1',
  window: '15',
  start: '2026-11-11T00:00',
  end: '2026-11-12T00:00',
};
const product = { price_fen: 1_000, stock: 10 };

it('takes what the API takes', () => {
  expect(wrongOf(good, product)).toEqual({});
});

it('says what is wrong with each field', () => {
  const bad: Draft = {
    ...good,
    name: ' ',
    price: '10',
    units: '11',
    limit: '0',
    window: 'x',
    end: good.start,
  };
  expect(wrongOf(bad, product)).toEqual({
    name: 'account.invalid.required',
    price: 'admin.activity.priceRule',
    units: 'admin.activity.unitsRule',
    limit: 'admin.invalidCount',
    window: 'admin.invalidCount',
    end: 'admin.activity.timeRule',
  });
});
