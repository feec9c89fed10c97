/**
 * What the one button of a sale may say, as a pure function of what happened. The machine knows
 * nothing of timers, storage or the network; `usePurchase` feeds it.
 */
export type State =
  | { at: 'waiting' }
  | { at: 'open' }
  | { at: 'asking'; attempt: number }
  | { at: 'retrying'; attempt: number; untilMs: number; why: Why }
  | { at: 'queueing'; ticket: string; orderNo: string }
  | { at: 'won'; ticket: string; orderNo: string }
  | { at: 'lost'; why: Lost };

/** Why an answer is still owed. */
export type Why = 'busy' | 'limited' | 'unanswered';
/** Why there is none to be had, for this buyer or for all. */
export type Lost = 'soldOut' | 'limit' | 'ended' | 'cancelled' | 'failed';

export type Event =
  | { is: 'opened' }
  | { is: 'notStarted' }
  | { is: 'pressed' }
  | { is: 'accepted'; ticket: string; orderNo: string }
  | { is: 'delayed'; why: Why; untilMs: number }
  | { is: 'woke' }
  | { is: 'landed'; orderNo: string }
  | { is: 'refused'; why: Lost }
  | { is: 'dropped' };

export const initial: State = { at: 'waiting' };

/** Final for this page: no event but a new page leaves it. */
export function isOver(state: State): boolean {
  return state.at === 'won' || (state.at === 'lost' && state.why !== 'soldOut');
}

/** A question is under way, or will be asked again: another press changes nothing. */
export function isBusy(state: State): boolean {
  return state.at === 'asking' || state.at === 'retrying' || state.at === 'queueing';
}

export function step(state: State, event: Event): State {
  switch (event.is) {
    case 'opened':
      return state.at === 'waiting' ? { at: 'open' } : state;
    case 'notStarted':
      return state.at === 'asking' || state.at === 'open' ? { at: 'waiting' } : state;
    case 'pressed':
      // Sold out may be pressed again: a unit that nobody paid for comes back.
      return state.at === 'open' || (state.at === 'lost' && !isOver(state))
        ? { at: 'asking', attempt: 1 }
        : state;
    case 'accepted':
      // Also without a press: another tab, or the page before a reload, has asked.
      return state.at === 'won'
        ? state
        : { at: 'queueing', ticket: event.ticket, orderNo: event.orderNo };
    case 'delayed':
      return state.at === 'asking'
        ? { at: 'retrying', attempt: state.attempt, why: event.why, untilMs: event.untilMs }
        : state;
    case 'woke':
      return state.at === 'retrying' ? { at: 'asking', attempt: state.attempt + 1 } : state;
    case 'landed':
      return state.at === 'queueing'
        ? { at: 'won', ticket: state.ticket, orderNo: event.orderNo || state.orderNo }
        : state;
    case 'refused':
      return state.at === 'won' ? state : { at: 'lost', why: event.why };
    case 'dropped':
      // The buyer gave up waiting, or signed out.
      return isBusy(state) ? { at: 'open' } : state;
  }
}
