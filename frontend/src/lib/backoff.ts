/**
 * How long to wait before asking again. What the server names is a minimum; the jitter on top keeps
 * buyers who were refused together from coming back together.
 */
const BASE_MS = 400;
const MAX_MS = 8_000;
const JITTER = 0.5;

export function waitMs(
  attempt: number,
  retryAfterS: number | null,
  random: () => number = Math.random,
): number {
  const floor = retryAfterS === null ? 0 : retryAfterS * 1000;
  const grown = Math.min(MAX_MS, BASE_MS * 2 ** Math.max(0, attempt - 1));
  const minimum = Math.max(floor, retryAfterS === null ? grown : 0);
  return Math.round(minimum + random() * JITTER * Math.max(minimum, BASE_MS));
}
