import { expect, it } from 'vitest';

import { parseYuan, tenths, yuan } from './money';

it('writes fen as yuan', () => {
  expect(yuan(0)).toBe('0.00');
  expect(yuan(5)).toBe('0.05');
  expect(yuan(199_900)).toBe('1,999.00');
  expect(yuan(123_456_789)).toBe('1,234,567.89');
  expect(yuan(-150)).toBe('-1.50');
});

it('reads what people type and refuses what would be rounded', () => {
  expect(parseYuan('1999')).toBe(199_900);
  expect(parseYuan(' ¥1,999.5 ')).toBe(199_950);
  expect(parseYuan('0.29')).toBe(29);
  for (const text of ['', '1.999', '-1', '1e5', 'abc', '1.2.3']) expect(parseYuan(text)).toBeNull();
});

it('survives every amount of a sale', () => {
  for (let fen = 0; fen < 30_000; fen += 7) expect(parseYuan(yuan(fen))).toBe(fen);
});

it('names a discount in tenths', () => {
  expect(tenths(199_900, 499_900)).toBe(4);
  expect(tenths(1, 499_900)).toBe(0.1);
  expect(tenths(100, 100)).toBeNull();
});
