import { expect, it } from 'vitest';

import { Fault } from '../../api/fault';
import { eventOf } from './usePurchase';

it('tells what is owed from what is over', () => {
  expect(eventOf(new Fault(409, 60003, ''), 1, 0)).toEqual({ is: 'refused', why: 'soldOut' });
  expect(eventOf(new Fault(409, 60007, ''), 1, 0)).toEqual({ is: 'refused', why: 'limit' });
  expect(eventOf(new Fault(409, 60001, ''), 1, 0)).toEqual({ is: 'notStarted' });
  expect(eventOf(new Fault(400, 60006, ''), 1, 0)).toEqual({ is: 'refused', why: 'failed' });
  expect(eventOf(new Fault(401, 401, ''), 1, 0)).toEqual({ is: 'dropped' });
});

it('asks again after no answer, 429 and 503, and not before it may', () => {
  for (const [status, why] of [
    [0, 'unanswered'],
    [504, 'unanswered'],
    [500, 'unanswered'],
    [429, 'limited'],
    [503, 'busy'],
  ] as const) {
    const event = eventOf(new Fault(status, status, '', 3), 1, 1_000);
    expect(event).toMatchObject({ is: 'delayed', why });
    expect(event.is === 'delayed' && event.untilMs).toBeGreaterThanOrEqual(4_000);
  }
});
