import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { api, call, type Schemas } from '../api/client';
import { dateTime } from '../lib/dates';
import { yuan } from '../lib/money';
import { Dialog, Failed, Skeletons, Tag, type Tone } from '../ui/parts';
import { ActivityForm } from './ActivityForm';
import { all } from './all';
import { type Column, DataTable } from './DataTable';
import { useProducts } from './ProductsPage';

type Activity = Schemas['Activity'];

export const TONES: Record<Activity['status'], Tone> = {
  pending: 'blue',
  active: 'red',
  ended: 'plain',
  cancelled: 'plain',
};
const REFRESH_MS = 3_000;

export function ActivitiesPage() {
  const { t, i18n } = useTranslation();
  const [creating, setCreating] = useState(false);
  const products = useProducts();
  const activities = useQuery({
    queryKey: ['admin', 'activities'],
    refetchInterval: REFRESH_MS,
    queryFn: () =>
      all((page) => {
        const query = { page, page_size: 100, status: 'all' };
        return call(api.GET('/api/v1/seckill/activities', { params: { query } }));
      }),
  });
  const columns: Column<Activity>[] = [
    { key: 'id', title: 'ID', value: (row) => row.id, number: true },
    { key: 'name', title: t('admin.activity.name'), value: (row) => row.name },
    { key: 'product', title: t('admin.activity.product'), value: (row) => row.product_name },
    {
      key: 'price',
      title: t('admin.activity.price'),
      value: (row) => row.spike_price_fen / 100,
      show: (row) => yuan(row.spike_price_fen),
      number: true,
    },
    {
      key: 'units',
      title: t('admin.activity.units'),
      value: (row) => row.spike_stock,
      number: true,
    },
    {
      key: 'sold',
      title: t('admin.activity.sold'),
      value: (row) => row.sold_count ?? 0,
      show: (row) => row.sold_count ?? '–',
      number: true,
    },
    {
      key: 'start',
      title: t('admin.activity.start'),
      value: (row) => row.start_at,
      show: (row) => dateTime(row.start_at, i18n.language),
    },
    {
      key: 'status',
      title: t('admin.activity.status'),
      value: (row) => t(`admin.activity.states.${row.status}`),
      show: (row) => <Tag tone={TONES[row.status]}>{t(`admin.activity.states.${row.status}`)}</Tag>,
    },
  ];
  return (
    <>
      <div className="row between">
        <h1>{t('admin.sections.activities')}</h1>
        <button
          type="button"
          className="button primary"
          disabled={!products.data?.length}
          onClick={() => setCreating(true)}
        >
          {t('admin.newActivity')}
        </button>
      </div>
      {activities.isPending && <Skeletons />}
      {activities.isError && !activities.data && (
        <Failed error={activities.error} retry={() => void activities.refetch()} />
      )}
      {activities.data && (
        <DataTable
          name={t('admin.sections.activities')}
          rows={activities.data}
          columns={columns}
          id={(row) => row.id}
          actions={(row) => (
            <Link
              className="button"
              aria-label={`${t('admin.activity.live')} ${row.name}`}
              to={`/admin/activities/${row.id}`}
            >
              {t('admin.activity.live')}
            </Link>
          )}
        />
      )}
      <Dialog open={creating} title={t('admin.newActivity')} close={() => setCreating(false)}>
        <ActivityForm products={products.data ?? []} done={() => setCreating(false)} />
      </Dialog>
    </>
  );
}
