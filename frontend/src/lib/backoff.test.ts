import { expect, it } from 'vitest';

import { waitMs } from './backoff';

it('never comes before it was told to', () => {
  for (const random of [0, 0.3, 0.999]) {
    for (const seconds of [0, 1, 7, 60]) {
      expect(waitMs(1, seconds, () => random)).toBeGreaterThanOrEqual(seconds * 1000);
    }
  }
});

it('grows and stays bounded without advice', () => {
  const waits = [1, 2, 3, 4, 5, 20].map((attempt) => waitMs(attempt, null, () => 0));
  expect(waits).toEqual([400, 800, 1_600, 3_200, 6_400, 8_000]);
});

it('spreads those who were refused together', () => {
  expect(waitMs(1, 1, () => 1) - waitMs(1, 1, () => 0)).toBeGreaterThanOrEqual(500);
});
