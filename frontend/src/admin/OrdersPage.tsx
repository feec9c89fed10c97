import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';

import { api, call } from '../api/client';
import { OrderStatus } from '../features/orders/OrderStatus';
import { dateTime } from '../lib/dates';
import { Dialog, Failed, Field, Price, Skeletons, useFaultText } from '../ui/parts';

const REASON_CHARS_MAX = 80;

function Refund({ orderNo }: { orderNo: string }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const refund = useMutation({
    mutationFn: (reason: string) => {
      const params = { path: { order_no: orderNo } };
      return call(api.POST('/api/v1/admin/orders/{order_no}/refund', { params, body: { reason } }));
    },
    onSuccess: () => {
      setAsking(false);
      void client.invalidateQueries({ queryKey: ['admin', 'order'] });
    },
  });
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (!refund.isPending)
      refund.mutate(String(new FormData(event.currentTarget).get('reason') ?? ''));
  };
  return (
    <>
      <button type="button" className="button danger" onClick={() => setAsking(true)}>
        {t('admin.refund')}
      </button>
      <Dialog open={asking} title={t('admin.refund')} close={() => setAsking(false)}>
        <form className="stack" onSubmit={onSubmit}>
          <Field label={t('admin.refundReason')}>
            {(props) => <input {...props} name="reason" maxLength={REASON_CHARS_MAX} />}
          </Field>
          {refund.isError && (
            <p className="notice bad" role="alert">
              {faultText(refund.error)}
            </p>
          )}
          <button type="submit" className="button danger" aria-disabled={refund.isPending}>
            {t('admin.refund')}
          </button>
        </form>
      </Dialog>
    </>
  );
}

export function OrdersPage() {
  const { t, i18n } = useTranslation();
  const [params, setParams] = useSearchParams();
  const orderNo = params.get('no') ?? '';
  const order = useQuery({
    queryKey: ['admin', 'order', orderNo],
    enabled: orderNo !== '',
    queryFn: () =>
      call(api.GET('/api/v1/orders/{order_no}', { params: { path: { order_no: orderNo } } })),
  });
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setParams({ no: String(new FormData(event.currentTarget).get('no') ?? '').trim() });
  };
  return (
    <>
      <h1>{t('admin.sections.orders')}</h1>
      <form className="row" style={{ alignItems: 'end' }} onSubmit={onSubmit}>
        <Field label={t('admin.orderLookup')}>
          {(props) => <input {...props} name="no" defaultValue={orderNo} />}
        </Field>
        <button type="submit" className="button primary">
          {t('admin.find')}
        </button>
      </form>
      {orderNo && order.isPending && <Skeletons count={1} />}
      {order.isError && <Failed error={order.error} retry={() => void order.refetch()} />}
      {order.data && (
        <section className="card stack">
          <div className="row between">
            <strong className="mono">{order.data.order_no}</strong>
            <OrderStatus status={order.data.status} />
          </div>
          <span>
            {order.data.product_name} × {order.data.quantity}
          </span>
          <span className="soft">{dateTime(order.data.created_at, i18n.language)}</span>
          <Price fen={order.data.payable_fen} />
          {order.data.status === 'paid' && (
            <div>
              <Refund orderNo={order.data.order_no} />
            </div>
          )}
        </section>
      )}
    </>
  );
}
