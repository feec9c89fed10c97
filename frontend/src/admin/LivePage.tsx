import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';

import { api, call, type Schemas } from '../api/client';
import { Dialog, Failed, Price, Skeletons, Tag, useFaultText } from '../ui/parts';
import { TONES } from './ActivitiesPage';
import { Chart } from './Chart';

type Activity = Schemas['Activity'];

const REFRESH_MS = 1_000;
/** Ten minutes of one point a second. */
const POINTS_MAX = 600;

function useHistory(sale: Activity | undefined) {
  const [points, setPoints] = useState<{ times: number[]; values: number[] }>({
    times: [],
    values: [],
  });
  const at = sale?.server_time;
  const left = sale?.available_stock;
  useEffect(() => {
    if (!at || left == null) return;
    setPoints(({ times, values }) => ({
      times: [...times, Date.parse(at) / 1000].slice(-POINTS_MAX),
      values: [...values, left].slice(-POINTS_MAX),
    }));
  }, [at, left]);
  return points;
}

function Books({ id }: { id: number }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const check = useMutation({
    mutationFn: () => {
      const params = { path: { id } };
      return call(
        api.POST('/api/v1/admin/seckill/activities/{id}/reconcile', {
          params,
          body: { repair: false },
        }),
      );
    },
  });
  const report = check.data;
  const [lost, doubled] = [report?.lost_units.length ?? 0, report?.doubled_units.length ?? 0];
  const [orphan, missing] = [
    report?.orphan_order_ids.length ?? 0,
    report?.missing_order_ids.length ?? 0,
  ];
  const agree = lost + doubled + orphan + missing === 0;
  return (
    <div className="stack tight">
      <button
        type="button"
        className="button"
        disabled={check.isPending}
        onClick={() => check.mutate()}
      >
        {t('admin.activity.reconcile')}
      </button>
      <div role="status">
        {report && (
          <p className={agree ? 'notice good' : 'notice bad'}>
            {agree
              ? t('admin.activity.reconciled')
              : t('admin.activity.differences', { lost, doubled, orphan, missing })}
          </p>
        )}
        {report && !report.quiet && <p className="small soft">{t('admin.activity.busy')}</p>}
      </div>
      {check.isError && (
        <p className="notice bad" role="alert">
          {faultText(check.error)}
        </p>
      )}
    </div>
  );
}

function Cancel({ id }: { id: number }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const cancel = useMutation({
    mutationFn: () =>
      call(api.DELETE('/api/v1/admin/seckill/activities/{id}', { params: { path: { id } } })),
    onSuccess: () => {
      setAsking(false);
      void client.invalidateQueries({ queryKey: ['admin'] });
    },
  });
  return (
    <>
      <button type="button" className="button danger" onClick={() => setAsking(true)}>
        {t('admin.activity.cancel')}
      </button>
      <Dialog open={asking} title={t('admin.activity.cancel')} close={() => setAsking(false)}>
        <p>{t('admin.activity.cancelAsk')}</p>
        {cancel.isError && (
          <p className="notice bad" role="alert">
            {faultText(cancel.error)}
          </p>
        )}
        <div className="row">
          <button
            type="button"
            className="button danger"
            disabled={cancel.isPending}
            onClick={() => cancel.mutate()}
          >
            {t('common.confirm')}
          </button>
          <button type="button" className="button quiet" onClick={() => setAsking(false)}>
            {t('common.close')}
          </button>
        </div>
      </Dialog>
    </>
  );
}

export function LivePage() {
  const { t } = useTranslation();
  const id = Number(useParams().id);
  const found = useQuery({
    queryKey: ['admin', 'activity', id],
    refetchInterval: REFRESH_MS,
    queryFn: () => call(api.GET('/api/v1/seckill/activities/{id}', { params: { path: { id } } })),
  });
  const sale = found.data;
  const { times, values } = useHistory(sale);
  if (found.isError && !sale)
    return <Failed error={found.error} retry={() => void found.refetch()} />;
  if (!sale) return <Skeletons />;
  const over = sale.status === 'ended' || sale.status === 'cancelled';
  return (
    <>
      <div className="row between">
        <h1>{sale.name}</h1>
        <Tag tone={TONES[sale.status]}>{t(`admin.activity.states.${sale.status}`)}</Tag>
      </div>
      <div className="row">
        <Link to={`/sales/${sale.id}`}>{sale.product_name}</Link>
        <Price fen={sale.spike_price_fen} />
      </div>
      <div className="counts">
        <div>
          <b>{sale.spike_stock}</b>
          {t('admin.activity.units')}
        </div>
        <div>
          <b>{sale.sold_count ?? '–'}</b>
          {t('admin.activity.sold')}
        </div>
        <div>
          <b>{sale.available_stock ?? '–'}</b>
          {t('sale.left')}
        </div>
      </div>
      <section className="card">
        <Chart label={t('admin.activity.chart')} times={times} values={values} />
      </section>
      <div className="row" style={{ alignItems: 'start' }}>
        <Books id={id} />
        {!over && <Cancel id={id} />}
      </div>
    </>
  );
}
