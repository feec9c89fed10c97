import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';

import { api, call } from '../../api/client';
import { useSession } from '../../api/useSession';
import { Bar, Failed, Price, SignedOut, Skeletons, useFaultText, useTitle } from '../../ui/parts';
import { CodeCard } from '../pay/CodeCard';
import { JobStatus } from './JobStatus';
import { PreviewTable } from './PreviewTable';
import { rowsOf } from './rows';
import type { Job } from './upload';

const RUNNING_MS = 800;
const PAYING_MS = 2_000;

function useJob(id: string) {
  const session = useSession();
  return useQuery({
    queryKey: ['job', id, session?.user.id],
    enabled: session !== null,
    queryFn: () =>
      call(api.GET('/api/v1/compare/jobs/{job_id}', { params: { path: { job_id: id } } })),
    refetchInterval: ({ state: { data } }) => {
      if (!data || data.status === 'processing') return RUNNING_MS;
      return data.status === 'awaiting_payment' ? PAYING_MS : false;
    },
  });
}

function Counts({ job }: { job: Job }) {
  const { t } = useTranslation();
  if (!job.summary) return null;
  if (job.summary.identical) return <p className="notice good">{t('workbooks.identical')}</p>;
  const { added, removed, changed, unchanged } = job.summary;
  return (
    <div className="counts">
      <div>
        <b>{changed}</b>
        {t('workbooks.changed')}
      </div>
      <div>
        <b>{added}</b>
        {t('workbooks.added')}
      </div>
      <div>
        <b>{removed}</b>
        {t('workbooks.removed')}
      </div>
      <div>
        <b>{unchanged}</b>
        {t('workbooks.unchanged')}
      </div>
    </div>
  );
}

function Preview({ id }: { id: string }) {
  const { t } = useTranslation();
  const report = useQuery({
    queryKey: ['preview', id],
    staleTime: Infinity,
    queryFn: () =>
      call(api.GET('/api/v1/compare/jobs/{job_id}/preview', { params: { path: { job_id: id } } })),
  });
  const rows = useMemo(
    () => (report.data?.preview ? rowsOf(report.data.preview) : []),
    [report.data],
  );
  if (report.isPending) return <Skeletons count={1} height="20rem" />;
  if (report.isError) return <Failed error={report.error} retry={() => void report.refetch()} />;
  const { summary } = report.data;
  return (
    <>
      {summary && summary.pairs.length > 0 && (
        <section className="stack tight">
          <h2>{t('workbooks.chosen')}</h2>
          {summary.pairs.map(({ sheet1, sheet2, key }) => (
            <p key={`${sheet1}/${sheet2}`} className="small soft">
              {key.columns.length
                ? t('workbooks.chosenKey', { sheet1, sheet2, key: key.columns.join(' + ') })
                : t('workbooks.chosenNone', { sheet1, sheet2 })}
            </p>
          ))}
        </section>
      )}
      {summary && summary.notices.length > 0 && (
        <section className="notice warn">
          <strong>{t('workbooks.notices')}</strong>
          <ul className="plain">
            {summary.notices.map((notice, index) => (
              <li key={index}>{notice.message}</li>
            ))}
          </ul>
        </section>
      )}
      {rows.length > 0 && (
        <section className="stack tight">
          <h2>{t('workbooks.preview')}</h2>
          <p className="small soft">{t('workbooks.previewHint')}</p>
          <PreviewTable rows={rows} label={t('workbooks.preview')} />
        </section>
      )}
    </>
  );
}

function useActions(id: string) {
  const client = useQueryClient();
  const again = () => client.invalidateQueries({ queryKey: ['job', id] });
  const params = { path: { job_id: id } };
  const cancel = useMutation({
    mutationFn: () => call(api.POST('/api/v1/compare/jobs/{job_id}/cancel', { params })),
    onSettled: again,
  });
  const retry = useMutation({
    mutationFn: () => call(api.POST('/api/v1/compare/jobs/{job_id}/retry', { params })),
    onSettled: again,
  });
  const download = useMutation({
    mutationFn: () => {
      const query = { format: 'json' };
      return call(
        api.GET('/api/v1/compare/jobs/{job_id}/export', { params: { ...params, query } }),
      );
    },
    // The link says that it is an attachment, so the page stays.
    onSuccess: ({ url }) => location.assign(url),
  });
  return { cancel, retry, download };
}

function Actions({ job }: { job: Job }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const { cancel, retry, download } = useActions(job.job_id);
  const error = cancel.error ?? retry.error ?? download.error;
  return (
    <div className="stack tight">
      <div className="row">
        {job.status === 'ready' && (
          <button
            type="button"
            className="button primary"
            disabled={download.isPending}
            onClick={() => download.mutate()}
          >
            {t('workbooks.download')}
          </button>
        )}
        {(job.status === 'processing' || job.status === 'awaiting_payment') && (
          <button
            type="button"
            className="button"
            disabled={cancel.isPending}
            onClick={() => cancel.mutate()}
          >
            {t('workbooks.cancelJob')}
          </button>
        )}
        {job.status === 'failed' && job.error?.retryable && (
          <button
            type="button"
            className="button"
            disabled={retry.isPending}
            onClick={() => retry.mutate()}
          >
            {t('workbooks.retryJob')}
          </button>
        )}
      </div>
      {error && (
        <p className="notice bad" role="alert">
          {faultText(error)}
        </p>
      )}
    </div>
  );
}

function Detail({ job }: { job: Job }) {
  const { t } = useTranslation();
  const running = t('workbooks.progress', { rows: job.progress?.rows ?? 0 });
  const hasReport = job.summary !== null && job.status !== 'cancelled' && job.status !== 'expired';
  return (
    <div className="stack">
      <div className="row between">
        <h1>
          {job.file1_name} → {job.file2_name}
        </h1>
        <JobStatus status={job.status} />
      </div>
      {job.status === 'processing' && (
        <div className="card stack tight" role="status">
          <span>{running}</span>
          <Bar share={(job.progress?.percent ?? 0) / 100} label={running} green />
        </div>
      )}
      {job.error && (
        <p className="notice bad" role="alert">
          {job.error.message}
        </p>
      )}
      <Counts job={job} />
      {job.status === 'awaiting_payment' && (
        <section className="card stack narrow">
          <div className="row between">
            <span>{t('workbooks.price')}</span>
            <Price fen={job.amount_fen ?? 0} large />
          </div>
          <CodeCard codeUrl={job.code_url} />
        </section>
      )}
      <Actions job={job} />
      {hasReport && <Preview id={job.job_id} />}
    </div>
  );
}

export function WorkbookPage() {
  const { t } = useTranslation();
  useTitle(t('workbooks.title'));
  const session = useSession();
  const job = useJob(useParams().id ?? '');
  if (!session) return <SignedOut />;
  if (job.data) return <Detail job={job.data} />;
  if (job.isError) return <Failed error={job.error} retry={() => void job.refetch()} />;
  return <Skeletons count={2} height="10rem" />;
}
