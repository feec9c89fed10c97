/**
 * What of a purchase outlives the page: the idempotency key from the first look at the button, and
 * the ticket. Both are per account and activity. The key is in localStorage, so that a second tab
 * asks with the same one; it is no secret, since it counts only together with the account's token.
 */
export interface Kept {
  key: string;
  /** Pressed and not finished: a reload asks again. */
  asked: boolean;
  ticket: string | null;
  orderNo: string | null;
}

const name = (userId: number, activityId: number) => `mall.purchase.${userId}.${activityId}`;
const memory = new Map<string, Kept>();

const fresh = (): Kept => ({
  key:
    crypto.randomUUID?.() ??
    Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16)).join(''),
  asked: false,
  ticket: null,
  orderNo: null,
});

function read(at: string): Kept | null {
  try {
    return JSON.parse(localStorage.getItem(at) ?? 'null') as Kept | null;
  } catch {
    return memory.get(at) ?? null;
  }
}

export function keep(userId: number, activityId: number, change: Partial<Kept>): Kept {
  const at = name(userId, activityId);
  const kept = { ...(read(at) ?? memory.get(at) ?? fresh()), ...change };
  memory.set(at, kept);
  try {
    localStorage.setItem(at, JSON.stringify(kept));
  } catch {
    // Then it lasts as long as the page.
  }
  return kept;
}

export function recall(userId: number, activityId: number): Kept {
  return keep(userId, activityId, {});
}

/** A new purchase after this one is over has a key of its own. */
export function renewKey(userId: number, activityId: number) {
  keep(userId, activityId, fresh());
}

/** Calls back when another tab has changed it. */
export function onKept(userId: number, activityId: number, listener: (kept: Kept) => void) {
  const at = name(userId, activityId);
  const heard = (event: StorageEvent) => {
    if (event.key === at && event.newValue) listener(JSON.parse(event.newValue) as Kept);
  };
  addEventListener('storage', heard);
  return () => removeEventListener('storage', heard);
}
