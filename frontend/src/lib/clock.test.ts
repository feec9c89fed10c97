import { describe, expect, it } from 'vitest';

import { best, measure } from './clock';

describe('the server clock', () => {
  it('believes the sample with the shortest round trip', () => {
    const estimate = best([
      { sent: 0, received: 400, server: 9_000 },
      { sent: 1_000, received: 1_020, server: 6_010 },
      { sent: 2_000, received: 2_300, server: 9_999 },
    ]);
    expect(estimate).toEqual({ offset: 5_000, errorMs: 10 });
  });

  it('is off by at most half a round trip, however unequal the two ways are', () => {
    for (const there of [0, 10, 50, 90, 100]) {
      const truth = 7_777;
      const estimate = best([{ sent: 500, received: 600, server: truth + 500 + there }]);
      expect(Math.abs((estimate?.offset ?? NaN) - truth)).toBeLessThanOrEqual(50);
    }
  });

  it('has nothing to say without a sample, or with nonsense', () => {
    expect(best([])).toBeNull();
    expect(best([{ sent: 10, received: 5, server: 1 }])).toBeNull();
    expect(best([{ sent: 0, received: 5, server: NaN }])).toBeNull();
  });

  it('leaves out samples that failed', async () => {
    let time = 0;
    let calls = 0;
    const probe = async () => {
      calls += 1;
      time += calls * 10;
      if (calls === 1) throw new Error('lost');
      return 1_000 + time;
    };
    const estimate = await measure(probe, 3, () => time);
    expect(calls).toBe(3);
    expect(estimate?.errorMs).toBe(10);
  });
});
