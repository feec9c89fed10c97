import { useEffect, useState } from 'react';

import { serverNow, useEstimate } from '../app/serverClock';
import { clockText, untilNextTick } from '../lib/countdown';

/** Milliseconds until `atMs` by the server's clock, renewed whenever the shown text changes. */
export function useRemaining(atMs: number): number {
  const estimate = useEstimate();
  const [left, setLeft] = useState(() => atMs - serverNow());
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const tick = () => {
      const now = atMs - serverNow();
      setLeft(now);
      if (now > 0) timer = setTimeout(tick, untilNextTick(now) + 1);
    };
    tick();
    return () => clearTimeout(timer);
  }, [atMs, estimate]);
  return left;
}

export function Countdown({
  atMs,
  label,
  large = false,
}: {
  atMs: number;
  label: string;
  large?: boolean;
}) {
  const parts = clockText(useRemaining(atMs)).split(':');
  return (
    <span
      className={large ? 'countdown large' : 'countdown'}
      role="timer"
      aria-live="off"
      aria-label={`${label} ${parts.join(':')}`}
    >
      {parts.map((part, index) => (
        <b key={index} aria-hidden="true">
          {part}
        </b>
      ))}
    </span>
  );
}
