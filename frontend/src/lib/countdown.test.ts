import { expect, it } from 'vitest';

import { clockText, remaining, untilNextTick } from './countdown';

it('shows zero only when the time has come', () => {
  expect(clockText(1)).toBe('00:01');
  expect(clockText(0)).toBe('00:00');
  expect(clockText(-5_000)).toBe('00:00');
});

it('counts days, hours, minutes and seconds', () => {
  expect(remaining(((26 * 60 + 3) * 60 + 4) * 1000)).toEqual({
    days: 1,
    hours: 2,
    minutes: 3,
    seconds: 4,
  });
  expect(clockText(((26 * 60 + 3) * 60 + 4) * 1000)).toBe('26:03:04');
});

it('wakes when the text changes, not a second later', () => {
  expect(untilNextTick(12_300)).toBe(300);
  expect(untilNextTick(12_000)).toBe(1_000);
  expect(untilNextTick(0)).toBe(1_000);
});
