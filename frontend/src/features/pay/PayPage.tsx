import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';

import { api, call, type Schemas } from '../../api/client';
import { useSession } from '../../api/useSession';
import { Countdown } from '../../ui/Countdown';
import { Blank, Failed, Price, SignedOut, Skeletons, useFaultText, useTitle } from '../../ui/parts';
import { useOrder } from '../orders/useOrder';
import { CodeCard } from './CodeCard';
import { isDemo } from './simulator';

type Order = Schemas['Order'];

/** While the company has not answered, the payment is asked for again. */
const OPENING_MS = 1_000;

function useOpened(order: Order) {
  return useQuery({
    queryKey: ['opened', order.order_no],
    enabled: order.status === 'pending_payment',
    queryFn: () => {
      const params = { path: { order_no: order.order_no } };
      const body = { channel: 'wechat_native' as const };
      return call(api.POST('/api/v1/orders/{order_no}/pay', { params, body }));
    },
    refetchInterval: ({ state }) => (state.data?.code_url ? false : OPENING_MS),
  });
}

function MockPay({ orderNo }: { orderNo: string }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const client = useQueryClient();
  const pay = useMutation({
    mutationFn: () => {
      const params = { path: { order_no: orderNo } };
      return call(api.POST('/api/v1/orders/{order_no}/pay', { params, body: { channel: 'mock' } }));
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ['order', orderNo] }),
  });
  return (
    <>
      <button
        type="button"
        className="button quiet wide"
        disabled={pay.isPending}
        onClick={() => pay.mutate()}
      >
        {t('pay.mock')}
      </button>
      {pay.isError && (
        <p className="notice bad" role="alert">
          {faultText(pay.error)}
        </p>
      )}
    </>
  );
}

function Unpaid({ order }: { order: Order }) {
  const { t } = useTranslation();
  const opened = useOpened(order);
  return (
    <div className="card stack narrow">
      <div className="row between">
        <span className="soft">{t('pay.amount')}</span>
        <Price fen={order.payable_fen} large />
      </div>
      {order.expire_at && (
        <div className="row between">
          <span className="soft">{t('pay.left')}</span>
          <Countdown atMs={Date.parse(order.expire_at)} label={t('pay.left')} />
        </div>
      )}
      {opened.isError ? (
        <Failed error={opened.error} retry={() => void opened.refetch()} />
      ) : (
        <CodeCard codeUrl={opened.data?.code_url ?? null} />
      )}
      <p className="soft small" role="status">
        {t('pay.waiting')}
      </p>
      {isDemo && <MockPay orderNo={order.order_no} />}
    </div>
  );
}

/** The outcome, and that money which came too late goes back by itself. */
function Outcome({ order }: { order: Order }) {
  const { t } = useTranslation();
  const [title, body] =
    order.status === 'paid'
      ? [t('pay.paid'), t('pay.paidBody')]
      : order.status === 'refunding'
        ? [t('pay.refunding'), '']
        : order.status === 'refunded'
          ? [t('pay.refunded'), '']
          : [t('pay.expired'), t('pay.expiredBody')];
  return (
    <div role="status">
      <Blank title={title} body={body}>
        <Link className="button primary" to={`/orders/${order.order_no}`}>
          {t('pay.order')}
        </Link>
      </Blank>
    </div>
  );
}

export function PayPage() {
  const { t } = useTranslation();
  useTitle(t('pay.title'));
  const session = useSession();
  const order = useOrder(useParams().no ?? '');
  if (!session) return <SignedOut />;
  if (order.isError && !order.data) {
    return <Failed error={order.error} retry={() => void order.refetch()} />;
  }
  if (!order.data || order.data.status === 'processing')
    return <Skeletons count={1} height="26rem" />;
  const isUnpaid = order.data.status === 'pending_payment';
  return (
    <div className="stack">
      <h1>{t('pay.title')}</h1>
      {isUnpaid ? <Unpaid order={order.data} /> : <Outcome order={order.data} />}
    </div>
  );
}
