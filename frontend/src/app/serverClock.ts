/** The one server clock of this tab: measured at the start, when the tab is shown again and every
 * few minutes, because a sleeping machine's monotonic clock may stand still. */
import { useSyncExternalStore } from 'react';

import { api, envelope } from '../api/client';
import { type Estimate, measure } from '../lib/clock';

const SAMPLES = 5;
const AGAIN_MS = 3 * 60_000;

let estimate: Estimate | null = null;
let running: Promise<void> | null = null;
let measuredAt = -Infinity;
const listeners = new Set<() => void>();

const probe = async () => {
  const query = { page: 1, page_size: 1, status: 'active' };
  const answer = await envelope(api.GET('/api/v1/seckill/activities', { params: { query } }));
  return Date.parse(answer.timestamp);
};

export function calibrate(): Promise<void> {
  running ??= measure(probe, SAMPLES).then((found) => {
    running = null;
    if (!found) return;
    estimate = found;
    measuredAt = performance.now();
    for (const listener of listeners) listener();
  });
  return running;
}

function recalibrate() {
  if (document.visibilityState !== 'visible') return;
  if (performance.now() - measuredAt > AGAIN_MS) void calibrate();
}
document.addEventListener('visibilitychange', () => {
  // Time may have stood still while the tab was hidden.
  measuredAt = -Infinity;
  recalibrate();
});
setInterval(recalibrate, AGAIN_MS);

function subscribe(listener: () => void) {
  listeners.add(listener);
  if (!estimate) void calibrate();
  return () => listeners.delete(listener);
}

export const useEstimate = (): Estimate | null => useSyncExternalStore(subscribe, () => estimate);

/** Unix milliseconds as the server counts them; the local clock until it has answered. */
export function serverNow(): number {
  return estimate ? estimate.offset + performance.now() : Date.now();
}
