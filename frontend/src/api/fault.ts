/** A refusal of the API, or the lack of any answer (`status` 0). */
export class Fault extends Error {
  constructor(
    readonly status: number,
    readonly code: number,
    message: string,
    readonly retryAfterS: number | null = null,
    readonly requestId = '',
  ) {
    super(message);
    this.name = 'Fault';
  }

  /** Nothing is known about what became of the request. */
  get isUnanswered(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 504;
  }

  get isTransient(): boolean {
    return this.isUnanswered || this.status === 429 || this.status === 503;
  }
}

/** The numbers that pages react to; the others are shown by their message. */
export const Code = {
  wrongPassword: 10004,
  userExists: 10002,
  notStarted: 60001,
  ended: 60002,
  soldOut: 60003,
  limitExceeded: 60007,
  activityCancelled: 60012,
} as const;

/** `Retry-After` is seconds or an HTTP date. */
export function retryAfterS(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, (at - nowMs) / 1000);
}
