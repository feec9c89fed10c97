import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';

import { api, call } from '../../api/client';
import { useSession } from '../../api/useSession';
import { dateTime } from '../../lib/dates';
import {
  Bar,
  Blank,
  Failed,
  Field,
  SignedOut,
  Skeletons,
  useFaultText,
  useTitle,
} from '../../ui/parts';
import { Drop } from './Drop';
import { JobStatus } from './JobStatus';
import { BYTES_MAX, type Chosen, type Progress, upload } from './upload';

type Draft = Omit<Chosen, 'file1' | 'file2'> & { file1: File | null; file2: File | null };

const EMPTY: Draft = {
  file1: null,
  file2: null,
  keyColumns: '',
  ignoreColumns: '',
  ignoreCase: false,
};

function Options({ draft, change }: { draft: Draft; change: (part: Partial<Draft>) => void }) {
  const { t } = useTranslation();
  return (
    <details>
      <summary>{t('workbooks.options')}</summary>
      <div className="stack" style={{ paddingTop: 'var(--space-3)' }}>
        <p className="soft small">{t('workbooks.optionsHint')}</p>
        <Field label={t('workbooks.key')} hint={t('workbooks.keyHint')}>
          {(props) => (
            <input
              {...props}
              value={draft.keyColumns}
              onChange={(event) => change({ keyColumns: event.target.value })}
            />
          )}
        </Field>
        <Field label={t('workbooks.ignore')} hint={t('workbooks.ignoreHint')}>
          {(props) => (
            <input
              {...props}
              value={draft.ignoreColumns}
              onChange={(event) => change({ ignoreColumns: event.target.value })}
            />
          )}
        </Field>
        <label className="row">
          <input
            type="checkbox"
            style={{ width: 24, height: 24 }}
            checked={draft.ignoreCase}
            onChange={(event) => change({ ignoreCase: event.target.checked })}
          />
          {t('workbooks.case')}
        </label>
      </div>
    </details>
  );
}

function Submit() {
  const { t } = useTranslation();
  const go = useNavigate();
  const faultText = useFaultText();
  const [draft, setDraft] = useState(EMPTY);
  const [progress, setProgress] = useState<Progress>({ percent: 0 });
  const [missing, setMissing] = useState<string | null>(null);
  const change = (part: Partial<Draft>) => setDraft((old) => ({ ...old, ...part }));
  const send = useMutation({
    mutationFn: (chosen: Chosen) => upload(chosen, setProgress),
    onSuccess: (job) => go(`/workbooks/${job.job_id}`),
  });
  const start = () => {
    const { file1, file2 } = draft;
    if (!file1 || !file2) return setMissing(t('workbooks.needTwo'));
    if (file1.size + file2.size > BYTES_MAX) return setMissing(t('workbooks.tooLarge'));
    setMissing(null);
    if (!send.isPending) send.mutate({ ...draft, file1, file2 });
  };
  const failure = missing ?? (send.error ? faultText(send.error) : null);
  const words =
    'retry' in progress
      ? t('workbooks.retrying', { n: progress.retry })
      : t('workbooks.uploading', { n: progress.percent });
  return (
    <section className="card stack">
      <div className="grid">
        <Drop label={t('workbooks.old')} file={draft.file1} choose={(file1) => change({ file1 })} />
        <Drop
          label={t('workbooks.fresh')}
          file={draft.file2}
          choose={(file2) => change({ file2 })}
        />
      </div>
      <p className="soft small">{t('workbooks.formats')}</p>
      <Options draft={draft} change={change} />
      {failure && (
        <p className="notice bad" role="alert">
          {failure}
        </p>
      )}
      {send.isPending && (
        <div className="stack tight" role="status">
          <span>{words}</span>
          <Bar share={'percent' in progress ? progress.percent / 100 : 0} label={words} green />
        </div>
      )}
      <button
        type="button"
        className="button primary huge"
        aria-disabled={send.isPending}
        onClick={start}
      >
        {t('workbooks.start')}
      </button>
    </section>
  );
}

function Past() {
  const { t, i18n } = useTranslation();
  const session = useSession();
  const jobs = useQuery({
    queryKey: ['jobs', session?.user.id],
    queryFn: () => call(api.GET('/api/v1/compare/jobs', { params: { query: { page_size: 50 } } })),
  });
  if (jobs.isPending) return <Skeletons height="4rem" />;
  if (jobs.isError) return <Failed error={jobs.error} retry={() => void jobs.refetch()} />;
  if (jobs.data.items.length === 0)
    return <Blank title={t('workbooks.none')} body={t('workbooks.noneBody')} />;
  return (
    <ul className="plain stack tight">
      {jobs.data.items.map((job) => (
        <li key={job.job_id}>
          <Link
            className="card row between"
            style={{ textDecoration: 'none' }}
            to={`/workbooks/${job.job_id}`}
          >
            <span>
              {job.file1_name} → {job.file2_name}
            </span>
            <span className="row">
              <span className="soft small">{dateTime(job.created_at, i18n.language)}</span>
              <JobStatus status={job.status} />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

export function WorkbooksPage() {
  const { t } = useTranslation();
  useTitle(t('workbooks.title'));
  const session = useSession();
  return (
    <div className="stack loose">
      <header className="stack tight">
        <h1>{t('workbooks.title')}</h1>
        <p className="soft">{t('workbooks.lead')}</p>
      </header>
      {session ? <Submit /> : <SignedOut />}
      {session && (
        <section className="stack">
          <h2>{t('workbooks.past')}</h2>
          <Past />
        </section>
      )}
    </div>
  );
}
