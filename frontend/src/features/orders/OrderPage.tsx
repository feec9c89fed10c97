import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';

import { api, call, type Schemas } from '../../api/client';
import { useSession } from '../../api/useSession';
import { dateTime } from '../../lib/dates';
import { Art } from '../../ui/Art';
import { Countdown } from '../../ui/Countdown';
import {
  Dialog,
  Failed,
  Price,
  SignedOut,
  Skeletons,
  useFaultText,
  useTitle,
} from '../../ui/parts';
import { OrderStatus } from './OrderStatus';
import { useOrder } from './useOrder';

type Order = Schemas['Order'];

function usePayment(paymentNo: string | null) {
  return useQuery({
    queryKey: ['payment', paymentNo],
    enabled: paymentNo !== null,
    queryFn: () => {
      const params = { path: { payment_no: paymentNo ?? '' } };
      return call(api.GET('/api/v1/payments/{payment_no}', { params }));
    },
  });
}

function Timeline({ order }: { order: Order }) {
  const { t, i18n } = useTranslation();
  const landed = order.status !== 'processing' && order.status !== 'failed';
  const closed = ['closed', 'cancelled', 'failed'].includes(order.status);
  const refund = ['refunding', 'refunded'].includes(order.status);
  const steps: [string, boolean, string | null][] = [
    [t('orders.steps.placed'), true, order.created_at],
    [t('orders.steps.landed'), landed, null],
    closed
      ? [t('orders.steps.closed'), true, null]
      : [t('orders.steps.paid'), order.paid_at !== null, order.paid_at],
  ];
  if (refund) steps.push([t('orders.steps.refunded'), order.status === 'refunded', null]);
  return (
    <ol className="timeline" aria-label={t('orders.timeline')}>
      {steps.map(([name, done, at]) => (
        <li key={name} className={done ? 'done' : ''}>
          <span>{name}</span>
          <span className="soft small">{at && dateTime(at, i18n.language)}</span>
        </li>
      ))}
    </ol>
  );
}

function Cancel({ orderNo }: { orderNo: string }) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  const faultText = useFaultText();
  const client = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => {
      const params = { path: { order_no: orderNo } };
      return call(api.POST('/api/v1/orders/{order_no}/cancel', { params }));
    },
    onSuccess: () => {
      setAsking(false);
      void client.invalidateQueries({ queryKey: ['order', orderNo] });
    },
  });
  return (
    <>
      <button type="button" className="button" onClick={() => setAsking(true)}>
        {t('orders.cancel')}
      </button>
      <Dialog open={asking} title={t('orders.cancel')} close={() => setAsking(false)}>
        <p>{t('orders.cancelAsk')}</p>
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
            {t('orders.cancel')}
          </button>
          <button type="button" className="button quiet" onClick={() => setAsking(false)}>
            {t('common.close')}
          </button>
        </div>
      </Dialog>
    </>
  );
}

function Detail({ order }: { order: Order }) {
  const { t, i18n } = useTranslation();
  const { data: payment } = usePayment(order.payment_no);
  const isLate = payment?.refund && order.paid_at === null;
  return (
    <div className="split">
      <section className="card stack">
        <div className="row">
          <Art
            id={order.product_id}
            name={order.product_name}
            url={order.product_image}
            className="thumb"
          />
          <div className="stack tight">
            <strong>{order.product_name}</strong>
            <OrderStatus status={order.status} />
          </div>
        </div>
        <dl>
          <dt>{t('orders.number')}</dt>
          <dd className="mono">{order.order_no}</dd>
          <dt>{t('orders.placed')}</dt>
          <dd>{dateTime(order.created_at, i18n.language)}</dd>
          <dt>{t('orders.quantity')}</dt>
          <dd>{order.quantity}</dd>
          <dt>{t('orders.total')}</dt>
          <dd>
            <Price fen={order.payable_fen} />
          </dd>
        </dl>
      </section>
      <section className="card stack" aria-live="polite">
        <h2>{t('orders.timeline')}</h2>
        <Timeline order={order} />
        {isLate && <p className="notice warn">{t('orders.late')}</p>}
        {order.status === 'pending_payment' && (
          <>
            {order.expire_at && (
              <div className="row">
                <span className="soft">{t('orders.timeLeft')}</span>
                <Countdown atMs={Date.parse(order.expire_at)} label={t('orders.timeLeft')} />
              </div>
            )}
            <Link className="button primary huge" to={`/pay/${order.order_no}`}>
              {t('orders.pay')}
            </Link>
            <Cancel orderNo={order.order_no} />
          </>
        )}
      </section>
    </div>
  );
}

export function OrderPage() {
  const { t } = useTranslation();
  useTitle(t('orders.detail'));
  const session = useSession();
  const order = useOrder(useParams().no ?? '');
  if (!session) return <SignedOut />;
  if (order.data) {
    return (
      <div className="stack">
        <h1>{t('orders.detail')}</h1>
        <Detail order={order.data} />
      </div>
    );
  }
  if (order.isError) return <Failed error={order.error} retry={() => void order.refetch()} />;
  return <Skeletons count={2} height="12rem" />;
}
