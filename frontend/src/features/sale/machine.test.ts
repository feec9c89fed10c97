import { describe, expect, it } from 'vitest';

import { type Event, initial, isBusy, isOver, type State, step } from './machine';

const ticket = { ticket: 't1', orderNo: 'ORD1' };
const run = (...events: Event[]) => events.reduce(step, initial);

describe('the button of a sale', () => {
  it('goes from waiting to won', () => {
    expect(run({ is: 'opened' })).toEqual({ at: 'open' });
    expect(
      run(
        { is: 'opened' },
        { is: 'pressed' },
        { is: 'accepted', ...ticket },
        { is: 'landed', orderNo: 'ORD1' },
      ),
    ).toEqual({ at: 'won', ...ticket });
  });

  it('takes no press before the start', () => {
    expect(run({ is: 'pressed' })).toEqual(initial);
  });

  it('asks once however often it is pressed', () => {
    const asking = run({ is: 'opened' }, { is: 'pressed' });
    expect(step(asking, { is: 'pressed' })).toBe(asking);
    const waiting = step(asking, { is: 'delayed', why: 'busy', untilMs: 9 });
    expect(step(waiting, { is: 'pressed' })).toBe(waiting);
  });

  it('keeps asking, counting attempts, when no answer came', () => {
    const state = run(
      { is: 'opened' },
      { is: 'pressed' },
      { is: 'delayed', why: 'unanswered', untilMs: 5 },
      { is: 'woke' },
    );
    expect(state).toEqual({ at: 'asking', attempt: 2 });
  });

  it('takes a ticket that another tab or an earlier page has won', () => {
    expect(run({ is: 'accepted', ...ticket })).toEqual({ at: 'queueing', ...ticket });
  });

  it('lets a sold-out sale be tried again, but no limit and no end', () => {
    const soldOut = run({ is: 'opened' }, { is: 'pressed' }, { is: 'refused', why: 'soldOut' });
    expect(step(soldOut, { is: 'pressed' })).toEqual({ at: 'asking', attempt: 1 });
    for (const why of ['limit', 'ended', 'cancelled', 'failed'] as const) {
      const lost = step(soldOut, { is: 'refused', why });
      expect(isOver(lost)).toBe(true);
      expect(step(lost, { is: 'pressed' })).toBe(lost);
    }
  });

  it('never takes a win back, whatever comes late', () => {
    const won: State = { at: 'won', ...ticket };
    const late: Event[] = [
      { is: 'opened' },
      { is: 'notStarted' },
      { is: 'pressed' },
      { is: 'accepted', ticket: 't2', orderNo: 'ORD2' },
      { is: 'delayed', why: 'busy', untilMs: 1 },
      { is: 'woke' },
      { is: 'refused', why: 'soldOut' },
      { is: 'dropped' },
    ];
    for (const event of late) expect(step(won, event)).toEqual(won);
  });

  it('is never busy and over at once, in two thousand random walks', () => {
    let seed = 7;
    const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    const events: Event[] = [
      { is: 'opened' },
      { is: 'notStarted' },
      { is: 'pressed' },
      { is: 'accepted', ...ticket },
      { is: 'delayed', why: 'limited', untilMs: 1 },
      { is: 'woke' },
      { is: 'landed', orderNo: '' },
      { is: 'refused', why: 'soldOut' },
      { is: 'dropped' },
    ];
    let broken = false;
    for (let walk = 0; walk < 2_000; walk += 1) {
      let state: State = initial;
      let wasWon = false;
      for (let i = 0; i < 12; i += 1) {
        state = step(state, events[Math.floor(random() * events.length)] as Event);
        broken ||= (isBusy(state) && isOver(state)) || (wasWon && state.at !== 'won');
        wasWon ||= state.at === 'won';
      }
    }
    expect(broken).toBe(false);
  });
});
