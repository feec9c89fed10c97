const SECOND = 1000;

export interface Remaining {
  days: number;
  hours: number;
  minutes: number;
  seconds: number;
}

/** Rounded up, so that 0 is shown exactly when the time has come. */
export function remaining(ms: number): Remaining {
  const total = Math.max(0, Math.ceil(ms / SECOND));
  return {
    days: Math.floor(total / 86_400),
    hours: Math.floor(total / 3_600) % 24,
    minutes: Math.floor(total / 60) % 60,
    seconds: total % 60,
  };
}

const two = (value: number) => String(value).padStart(2, '0');

/** `1:02:03`, `02:03`; days are counted into the hours. */
export function clockText(ms: number): string {
  const { days, hours, minutes, seconds } = remaining(ms);
  const allHours = days * 24 + hours;
  const tail = `${two(minutes)}:${two(seconds)}`;
  return allHours > 0 ? `${allHours}:${tail}` : tail;
}

/** How long until the shown text changes. */
export function untilNextTick(ms: number): number {
  if (ms <= 0) return SECOND;
  return ms % SECOND || SECOND;
}
