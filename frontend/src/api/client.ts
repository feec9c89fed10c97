/** Calls of the canonical API, typed by its OpenAPI document. */
import createClient, { type Middleware } from 'openapi-fetch';

import { Fault, retryAfterS } from './fault';
import type { components, paths } from './schema';
import { current, renew } from './session';

export type Schemas = components['schemas'];

interface Envelope<T> {
  code: number;
  message: string;
  data: T;
  request_id: string;
  timestamp: string;
}

const TIMEOUT_MS = 12_000;

async function send(request: Request): Promise<Response> {
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(TIMEOUT_MS)]);
  return fetch(new Request(request, { signal }));
}

function withToken(request: Request, token: string): Request {
  const headers = new Headers(request.headers);
  headers.set('Authorization', `Bearer ${token}`);
  return new Request(request, { headers });
}

/** As the signed-in user; once more with a fresh token after a 401. */
export async function authorized(request: Request): Promise<Response> {
  const token = current()?.access ?? null;
  if (!token) return send(request);
  const response = await send(withToken(request.clone(), token));
  if (response.status !== 401) return response;
  const fresh = await renew(token);
  return fresh ? send(withToken(request, fresh)) : response;
}

const language: Middleware = {
  onRequest({ request }) {
    request.headers.set('Accept-Language', document.documentElement.lang);
    request.headers.set('Accept', 'application/json');
    return request;
  },
};

export const api = createClient<paths>({
  baseUrl: typeof location === 'undefined' ? '' : location.origin,
  fetch: authorized,
});
api.use(language);

export function faultOf(response: Response, body: Partial<Envelope<unknown>> | undefined): Fault {
  const wait = retryAfterS(response.headers.get('Retry-After'), Date.now());
  const message = body?.message ?? '';
  return new Fault(response.status, body?.code ?? 0, message, wait, body?.request_id ?? '');
}

interface Answer<T> {
  data?: Envelope<T> | undefined;
  error?: unknown;
  response: Response;
}

/** The envelope with its server time; throws a [`Fault`] for everything else. */
export async function envelope<T>(call: Promise<Answer<T>>): Promise<Envelope<T>> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Fault(0, 0, '');
  }
  const { data, error, response } = answer;
  if (!response.ok || !data || data.code !== 0) {
    throw faultOf(response, (error ?? data) as Partial<Envelope<unknown>>);
  }
  return data;
}

export async function call<T>(answer: Promise<Answer<T>>): Promise<T> {
  return (await envelope(answer)).data;
}
