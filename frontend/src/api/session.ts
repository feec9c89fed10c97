/**
 * Who is signed in. The access token lives in memory only. The refresh token is kept in
 * sessionStorage: it ends with the tab, is rotated at each use, and a copy that is used twice
 * revokes the session on the server. Tabs hand the pair to each other over a BroadcastChannel and
 * refresh under one lock, so that they never use the same refresh token twice.
 */
import type { components } from './schema';

export type User = components['schemas']['User'];
type SignedIn = components['schemas']['SignedIn'];
export interface Session {
  user: User;
  access: string;
  refresh: string;
}

const KEY = 'mall.refresh';
/** No secret: says that some tab may know a session, so that a new one waits for its answer. */
const HINT = 'mall.signed-in';
const LOCK = 'mall.refresh';
/** Another tab answers within one event loop turn or two. */
const ASK_MS = 150;

type Message = { ask: true } | { session: Session | null };

let session: Session | null = null;
const listeners = new Set<() => void>();
const channel =
  typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('mall.session');

function store(refresh: string | null) {
  try {
    if (refresh) {
      sessionStorage.setItem(KEY, refresh);
      localStorage.setItem(HINT, '1');
    } else {
      sessionStorage.removeItem(KEY);
      localStorage.removeItem(HINT);
    }
  } catch {
    // Without storage a reload signs out; nothing else changes.
  }
}

function stored(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function adopt(next: Session | null) {
  session = next;
  store(next?.refresh ?? null);
  for (const listener of listeners) listener();
}

channel?.addEventListener('message', ({ data }: MessageEvent<Message>) => {
  if ('ask' in data) {
    if (session) channel.postMessage({ session } satisfies Message);
  } else adopt(data.session);
});

export const current = (): Session | null => session;

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function signIn({ user, access_token, refresh_token }: SignedIn) {
  adopt({ user, access: access_token, refresh: refresh_token });
  channel?.postMessage({ session } satisfies Message);
}

export function updateUser(user: User) {
  if (!session) return;
  adopt({ ...session, user });
  channel?.postMessage({ session } satisfies Message);
}

export function signOut() {
  adopt(null);
  channel?.postMessage({ session: null } satisfies Message);
}

async function rotate(refresh: string): Promise<void> {
  const response = await fetch('/api/v1/auth/refresh', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ refresh_token: refresh }),
  });
  if (response.ok) signIn(((await response.json()) as { data: SignedIn }).data);
  else if (response.status === 401 || response.status === 403) signOut();
}

/** After a 401 for `stale`: the next access token, or null. */
export async function renew(stale: string | null): Promise<string | null> {
  const work = async () => {
    if (session && session.access !== stale) return;
    const refresh = session?.refresh ?? stored();
    if (refresh) await rotate(refresh);
  };
  if (navigator.locks) await navigator.locks.request(LOCK, work);
  else await work();
  return session?.access ?? null;
}

function isHinted(): boolean {
  try {
    return localStorage.getItem(HINT) === '1';
  } catch {
    return false;
  }
}

/** At the start of a page: what this tab or another one still knows. */
export async function restore(): Promise<void> {
  channel?.postMessage({ ask: true } satisfies Message);
  if (channel && !stored() && isHinted()) await new Promise((done) => setTimeout(done, ASK_MS));
  if (!session && stored()) await renew(null).catch(() => null);
}
