/** Runs the button's machine: asks, waits, asks again, and follows the ticket. */
import { useCallback, useEffect, useReducer } from 'react';

import { api, call } from '../../api/client';
import { Code, Fault } from '../../api/fault';
import { waitMs } from '../../lib/backoff';
import { keep, onKept, recall, renewKey } from './kept';
import { type Event, initial, type Lost, step } from './machine';

const TICKET_MS = 700;

const GONE = new Set(['closed', 'cancelled', 'refunded']);

const LOST = new Map<number, Lost>([
  [Code.soldOut, 'soldOut'],
  [Code.limitExceeded, 'limit'],
  [Code.ended, 'ended'],
  [Code.activityCancelled, 'cancelled'],
]);

/** What an answer that is no ticket means for the machine. */
export function eventOf(error: unknown, attempt: number, nowMs: number): Event {
  const fault = error instanceof Fault ? error : new Fault(0, 0, '');
  const lost = LOST.get(fault.code);
  if (lost) return { is: 'refused', why: lost };
  if (fault.code === Code.notStarted) return { is: 'notStarted' };
  if (fault.status === 401) return { is: 'dropped' };
  if (fault.isTransient || fault.status >= 500) {
    const why = fault.status === 429 ? 'limited' : fault.status === 503 ? 'busy' : 'unanswered';
    return { is: 'delayed', why, untilMs: nowMs + waitMs(attempt, fault.retryAfterS) };
  }
  return { is: 'refused', why: 'failed' };
}

export function usePurchase(activityId: number, userId: number | null, isOpen: boolean) {
  const [state, send] = useReducer(step, initial);

  // What this account already has here, from before a reload or from another tab.
  useEffect(() => {
    if (userId === null) return;
    const { asked, ticket, orderNo } = recall(userId, activityId);
    if (ticket && orderNo) send({ is: 'accepted', ticket, orderNo });
    else if (asked && isOpen) {
      send({ is: 'opened' });
      send({ is: 'pressed' });
    }
    return onKept(userId, activityId, (kept) => {
      if (kept.ticket && kept.orderNo) {
        send({ is: 'accepted', ticket: kept.ticket, orderNo: kept.orderNo });
      }
    });
  }, [activityId, userId, isOpen]);

  useEffect(() => {
    if (isOpen) send({ is: 'opened' });
  }, [isOpen, state.at]);

  const attempt = state.at === 'asking' ? state.attempt : 0;
  useEffect(() => {
    if (attempt === 0 || userId === null) return;
    let live = true;
    const { key } = keep(userId, activityId, { asked: true });
    const params = { path: { id: activityId }, header: { 'Idempotency-Key': key } };
    call(api.POST('/api/v1/seckill/activities/{id}/orders', { params, body: { quantity: 1 } }))
      .then(({ ticket, order_no }) => {
        keep(userId, activityId, { ticket, orderNo: order_no });
        if (live) send({ is: 'accepted', ticket, orderNo: order_no });
      })
      .catch((error: unknown) => {
        const event = eventOf(error, attempt, Date.now());
        if (event.is === 'refused') keep(userId, activityId, { asked: false });
        if (live) send(event);
      });
    return () => {
      // An answer that comes later is still kept: the ticket is found by the next page.
      live = false;
    };
  }, [attempt, activityId, userId]);

  const untilMs = state.at === 'retrying' ? state.untilMs : 0;
  useEffect(() => {
    if (untilMs === 0) return;
    const timer = setTimeout(() => send({ is: 'woke' }), Math.max(0, untilMs - Date.now()));
    return () => clearTimeout(timer);
  }, [untilMs]);

  const ticket = state.at === 'queueing' ? state.ticket : '';
  useEffect(() => {
    if (!ticket || userId === null) return;
    let live = true;
    let timer: ReturnType<typeof setTimeout>;
    const follow = async () => {
      try {
        const params = { path: { ticket } };
        const view = await call(api.GET('/api/v1/seckill/tickets/{ticket}', { params }));
        if (!live) return;
        if (view.order_status && GONE.has(view.order_status)) {
          // That purchase is over and its unit went back: a next one may begin.
          renewKey(userId, activityId);
          return send({ is: 'dropped' });
        }
        if (view.status === 'success') return send({ is: 'landed', orderNo: view.order_no });
        if (view.status === 'failed') {
          renewKey(userId, activityId);
          return send({ is: 'refused', why: 'failed' });
        }
        timer = setTimeout(() => void follow(), TICKET_MS);
      } catch (error) {
        if (!live) return;
        const fault = error instanceof Fault ? error : null;
        if (fault?.status === 404) {
          renewKey(userId, activityId);
          return send({ is: 'dropped' });
        }
        timer = setTimeout(() => void follow(), waitMs(2, fault?.retryAfterS ?? null));
      }
    };
    void follow();
    return () => {
      live = false;
      clearTimeout(timer);
    };
  }, [ticket, activityId, userId]);

  const press = useCallback(() => send({ is: 'pressed' }), []);
  const giveUp = useCallback(() => {
    if (userId !== null) keep(userId, activityId, { asked: false });
    send({ is: 'dropped' });
  }, [activityId, userId]);
  return { state, press, giveUp };
}
