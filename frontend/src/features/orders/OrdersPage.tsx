import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';

import { api, call, type Schemas } from '../../api/client';
import { useSession } from '../../api/useSession';
import { dateTime } from '../../lib/dates';
import { Art } from '../../ui/Art';
import { Blank, Failed, Price, SignedOut, Skeletons, useTitle } from '../../ui/parts';
import { OrderStatus } from './OrderStatus';

const PAGE_SIZE = 20;
const REFRESH_MS = 5_000;
const FILTERS = ['pending_payment', 'paid', 'closed', 'refunded'] as const;

function OrderRow({ order }: { order: Schemas['Order'] }) {
  const { t, i18n } = useTranslation();
  return (
    <li className="card row between">
      <Link
        className="row"
        style={{ textDecoration: 'none', flex: 1 }}
        to={`/orders/${order.order_no}`}
      >
        <Art
          id={order.product_id}
          name={order.product_name}
          url={order.product_image}
          className="thumb"
        />
        <span className="stack tight">
          <strong>
            {order.product_name} × {order.quantity}
          </strong>
          <span className="soft small mono">{order.order_no}</span>
          <span className="soft small">{dateTime(order.created_at, i18n.language)}</span>
        </span>
      </Link>
      <span className="row">
        <OrderStatus status={order.status} />
        <Price fen={order.payable_fen} />
        {order.status === 'pending_payment' && (
          <Link className="button primary" to={`/pay/${order.order_no}`}>
            {t('orders.pay')}
          </Link>
        )}
      </span>
    </li>
  );
}

export function OrdersPage() {
  const { t } = useTranslation();
  useTitle(t('orders.title'));
  const session = useSession();
  const [params, setParams] = useSearchParams();
  const status = params.get('status') ?? '';
  const found = useInfiniteQuery({
    queryKey: ['orders', session?.user.id, status],
    enabled: session !== null,
    initialPageParam: 1,
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
    queryFn: ({ pageParam }) => {
      const query = { page: pageParam, page_size: PAGE_SIZE, status };
      return call(api.GET('/api/v1/orders', { params: { query } }));
    },
    getNextPageParam: ({ page, total_page }) => (page < total_page ? page + 1 : undefined),
  });
  if (!session) return <SignedOut />;
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className="stack">
      <h1>{t('orders.title')}</h1>
      <div className="tabs">
        {['', ...FILTERS].map((filter) => (
          <button
            key={filter}
            type="button"
            aria-pressed={status === filter}
            onClick={() => setParams(filter ? { status: filter } : {}, { replace: true })}
          >
            {filter ? t(`orders.status.${filter as (typeof FILTERS)[number]}`) : t('common.all')}
          </button>
        ))}
      </div>
      {found.isPending && <Skeletons height="6.5rem" />}
      {found.isError && <Failed error={found.error} retry={() => void found.refetch()} />}
      {found.isSuccess && items.length === 0 && (
        <Blank title={t('orders.none')} body={t('orders.noneBody')}>
          <Link className="button primary" to="/">
            {t('state.back')}
          </Link>
        </Blank>
      )}
      <ul className="plain stack">
        {items.map((order) => (
          <OrderRow key={order.order_no} order={order} />
        ))}
      </ul>
      {found.hasNextPage && (
        <button type="button" className="button" onClick={() => void found.fetchNextPage()}>
          {t('common.more')}
        </button>
      )}
    </div>
  );
}
