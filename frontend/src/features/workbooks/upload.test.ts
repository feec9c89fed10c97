import { expect, it } from 'vitest';

import { namesOf } from './upload';

it('reads column names between commas of either script', () => {
  expect(namesOf(' 订单号，日期, 备注、 ')).toEqual(['订单号', '日期', '备注']);
  expect(namesOf('  ')).toEqual([]);
});
