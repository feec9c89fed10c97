/** A comparison's two files on their way in: XMLHttpRequest, because fetch tells no progress. */
import { Fault, retryAfterS } from '../../api/fault';
import { current, renew } from '../../api/session';
import type { Schemas } from '../../api/client';
import { waitMs } from '../../lib/backoff';

export type Job = Schemas['Job'];

export const BYTES_MAX = 128 * 1024 * 1024;
const TRIES = 4;

export interface Chosen {
  file1: File;
  file2: File;
  keyColumns: string;
  ignoreColumns: string;
  ignoreCase: boolean;
}

export type Progress = { percent: number } | { retry: number };

/** Names between commas of either script, as the API's list. */
export function namesOf(text: string): string[] {
  return text
    .split(/[,，、]/)
    .map((name) => name.trim())
    .filter(Boolean);
}

function formOf(chosen: Chosen): FormData {
  const form = new FormData();
  const key = namesOf(chosen.keyColumns);
  const ignore = namesOf(chosen.ignoreColumns);
  // Options come before the files, so that wrong ones are refused before anything is read.
  if (key.length) form.set('key_columns', JSON.stringify(key));
  if (ignore.length) form.set('ignore_columns', JSON.stringify(ignore));
  if (chosen.ignoreCase) form.set('case_sensitive', 'false');
  form.set('file1', chosen.file1);
  form.set('file2', chosen.file2);
  return form;
}

function once(form: FormData, key: string, told: (progress: Progress) => void): Promise<Job> {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open('POST', '/api/v1/compare/jobs');
    request.responseType = 'json';
    request.setRequestHeader('Authorization', `Bearer ${current()?.access ?? ''}`);
    request.setRequestHeader('Idempotency-Key', key);
    request.upload.onprogress = ({ loaded, total }) =>
      told({ percent: total ? Math.floor((100 * loaded) / total) : 0 });
    request.onerror = () => failed(new Fault(0, 0, ''));
    request.onload = () => {
      const body = request.response as {
        code: number;
        message: string;
        data: Job;
        request_id: string;
      } | null;
      if (request.status === 202 && body?.code === 0) return done(body.data);
      const wait = retryAfterS(request.getResponseHeader('Retry-After'), Date.now());
      failed(
        new Fault(request.status, body?.code ?? 0, body?.message ?? '', wait, body?.request_id),
      );
    };
    request.send(form);
  });
}

/** Tried again with the same key while nothing is known: the same files are the same job. */
export async function upload(chosen: Chosen, told: (progress: Progress) => void): Promise<Job> {
  const key = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16),
  ).join('');
  const form = formOf(chosen);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once(form, key, told);
    } catch (error) {
      if (!(error instanceof Fault) || attempt >= TRIES) throw error;
      if (error.status === 401 && attempt === 1) await renew(current()?.access ?? null);
      else if (!error.isTransient) throw error;
      told({ retry: attempt });
      const wait = waitMs(attempt, error.retryAfterS);
      await new Promise((resume) => setTimeout(resume, wait));
    }
  }
}
