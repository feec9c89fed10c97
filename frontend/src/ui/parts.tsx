/** The small parts of every page. */
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { Fault } from '../api/fault';
import { yuan } from '../lib/money';

export function Price({ fen, large = false }: { fen: number; large?: boolean }) {
  return (
    <span className={large ? 'price large' : 'price'}>
      <small>¥</small>
      {yuan(fen)}
    </span>
  );
}

export type Tone = 'plain' | 'red' | 'green' | 'amber' | 'blue';

export function Tag({ tone = 'plain', children }: { tone?: Tone; children: ReactNode }) {
  return <span className={tone === 'plain' ? 'tag' : `tag ${tone}`}>{children}</span>;
}

export function Bar({
  share,
  green = false,
  label,
}: {
  share: number;
  green?: boolean;
  label: string;
}) {
  const bounded = Math.min(1, Math.max(0, share));
  return (
    <div
      className={green ? 'bar green' : 'bar'}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(bounded * 100)}
    >
      <i style={{ transform: `scaleX(${bounded})` }} />
    </div>
  );
}

/** Boxes as large as what will come, so that nothing jumps. */
export function Skeletons({ count = 3, height = '8rem' }: { count?: number; height?: string }) {
  const { t } = useTranslation();
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), 4_000);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="stack" role="status">
      <span className={slow ? 'soft small' : 'sr-only'}>
        {slow ? t('state.slow') : t('state.loading')}
      </span>
      {Array.from({ length: count }, (_, index) => (
        <div key={index} className="skeleton" style={{ height }} />
      ))}
    </div>
  );
}

const Seal = () => (
  <svg viewBox="0 0 120 90" fill="none" stroke="currentColor" strokeWidth="4" aria-hidden="true">
    <rect x="32" y="16" width="56" height="56" rx="12" />
    <circle cx="60" cy="44" r="16" />
    <path d="M60 34v10h8M14 82h92" strokeLinecap="round" />
  </svg>
);

export function Blank({
  title,
  body,
  children,
}: {
  title: string;
  body?: string;
  children?: ReactNode;
}) {
  return (
    <div className="blank">
      <Seal />
      <h2>{title}</h2>
      {body && <p className="soft">{body}</p>}
      {children}
    </div>
  );
}

export function SignedOut() {
  const { t } = useTranslation();
  const next = encodeURIComponent(location.pathname + location.search);
  return (
    <Blank title={t('state.signedOut')} body={t('state.signedOutBody')}>
      <Link className="button primary" to={`/login?next=${next}`}>
        {t('nav.signIn')}
      </Link>
    </Blank>
  );
}

/** What a person is told of a failure, and what can be done about it. */
export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTranslation();
  const fault = error instanceof Fault ? error : null;
  if (fault?.status === 401) return <SignedOut />;
  if (fault?.status === 403)
    return <Blank title={t('state.forbidden')} body={t('state.forbiddenBody')} />;
  if (fault?.status === 404) {
    return (
      <Blank title={t('state.missing')} body={t('state.missingBody')}>
        <Link className="button" to="/">
          {t('state.back')}
        </Link>
      </Blank>
    );
  }
  const busy = fault?.status === 429 || fault?.status === 503;
  const title =
    fault?.status === 0 && !navigator.onLine
      ? t('state.offline')
      : busy
        ? t('state.busy')
        : t('state.failed');
  return (
    <div role="alert">
      <Blank title={title} body={t('state.failedBody')}>
        {retry && (
          <button type="button" className="button primary" onClick={retry}>
            {t('state.retry')}
          </button>
        )}
        {fault?.requestId && (
          <p className="small soft mono">{t('state.requestId', { id: fault.requestId })}</p>
        )}
      </Blank>
    </div>
  );
}

/** In the reader's language where we have the words, else as the server said it. */
export function useFaultText(): (error: unknown) => string {
  const { t } = useTranslation();
  return (error) => {
    if (!(error instanceof Fault)) return t('state.failed');
    if (error.status === 0) return t('state.offline');
    if (error.status === 429 || error.status === 503) return t('state.busy');
    return error.message || t('state.failed');
  };
}

interface FieldProps {
  label: string;
  hint?: string;
  wrong?: string | undefined;
  children: (props: {
    id: string;
    'aria-describedby': string;
    'aria-invalid': boolean;
  }) => ReactNode;
}

export function Field({ label, hint, wrong, children }: FieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': `${id}-note`, 'aria-invalid': Boolean(wrong) })}
      <span
        id={`${id}-note`}
        className={wrong ? 'wrong' : 'hint'}
        role={wrong ? 'alert' : undefined}
      >
        {wrong ?? hint}
      </span>
    </div>
  );
}

interface DialogProps {
  open: boolean;
  title: string;
  close: () => void;
  children: ReactNode;
}

/** The browser's own modal dialog: focus is kept inside, Escape closes it. */
export function Dialog({ open, title, close, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    if (open && dialog && !dialog.open) dialog.showModal();
    if (!open && dialog?.open) dialog.close();
  }, [open]);
  return (
    <dialog ref={ref} aria-labelledby={id} onClose={close}>
      {open && (
        <div className="stack">
          <h2 id={id}>{title}</h2>
          {children}
        </div>
      )}
    </dialog>
  );
}

export function useTitle(title: string) {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = title
      ? `${title} · ${t('app.name')}`
      : `${t('app.name')} · ${t('app.tagline')}`;
  }, [title, t]);
}
