/**
 * The server's time. A sample is the local time before and after a call and the server's time in
 * its answer; of several, the one with the shortest round trip knows best, because the error is at
 * most half of it. Local time is monotonic (`performance.now()`): the user's clock may jump.
 */
export interface Sample {
  /** Monotonic, before and after, in milliseconds. */
  sent: number;
  received: number;
  /** Unix milliseconds, from the answer. */
  server: number;
}

export interface Estimate {
  /** server time = offset + monotonic time */
  offset: number;
  /** Half of the best round trip: the estimate is no further off than this. */
  errorMs: number;
}

export function best(samples: readonly Sample[]): Estimate | null {
  let found: Estimate | null = null;
  for (const { sent, received, server } of samples) {
    const errorMs = (received - sent) / 2;
    if (!(errorMs >= 0) || !Number.isFinite(server)) continue;
    if (!found || errorMs < found.errorMs) found = { offset: server - sent - errorMs, errorMs };
  }
  return found;
}

export type Probe = () => Promise<number>;

/** Takes `count` samples one after the other; those that fail do not count. */
export async function measure(
  probe: Probe,
  count: number,
  now: () => number = () => performance.now(),
): Promise<Estimate | null> {
  const samples: Sample[] = [];
  for (let i = 0; i < count; i += 1) {
    const sent = now();
    try {
      const server = await probe();
      samples.push({ sent, received: now(), server });
    } catch {
      // A lost sample says nothing about the clock.
    }
  }
  return best(samples);
}
