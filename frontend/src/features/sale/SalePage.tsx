import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';

import { api, call, type Schemas } from '../../api/client';
import { useSession } from '../../api/useSession';
import { useEstimate } from '../../app/serverClock';
import { dateTime } from '../../lib/dates';
import { Art } from '../../ui/Art';
import { Countdown, useRemaining } from '../../ui/Countdown';
import { Bar, Failed, Price, Skeletons, Tag, useTitle } from '../../ui/parts';
import { BuyButton } from './BuyButton';
import type { State } from './machine';
import { usePurchase } from './usePurchase';

type Activity = Schemas['Activity'];

/** Stock is polled: fast around the start, slowly before it. */
const SOON_MS = 30_000;
const FAST_MS = 1_000;
const SLOW_MS = 10_000;

function useSale(id: number) {
  return useQuery({
    queryKey: ['sale', id],
    queryFn: () => call(api.GET('/api/v1/seckill/activities/{id}', { params: { path: { id } } })),
    refetchInterval: ({ state: { data } }) => {
      if (!data || data.status === 'ended' || data.status === 'cancelled') return SLOW_MS;
      const untilStart = Date.parse(data.start_at) - Date.parse(data.server_time);
      return untilStart > SOON_MS ? SLOW_MS : FAST_MS;
    },
  });
}

function Stock({ sale }: { sale: Activity }) {
  const { t } = useTranslation();
  const left = sale.available_stock;
  if (left === null) return <p className="notice warn">{t('sale.paused')}</p>;
  return (
    <div className="stack tight">
      <div className="row between" aria-live="off">
        <span>
          {t('sale.left')} <strong>{left}</strong>
        </span>
        <span className="soft small">{t('sale.ofTotal', { n: sale.spike_stock })}</span>
      </div>
      <Bar share={left / Math.max(1, sale.spike_stock)} label={t('sale.left')} />
    </div>
  );
}

function Clock({ sale, started }: { sale: Activity; started: boolean }) {
  const { t, i18n } = useTranslation();
  const estimate = useEstimate();
  const until = started ? sale.end_at : sale.start_at;
  const words = started ? t('home.endsIn') : t('home.startsIn');
  return (
    <div className="stack tight">
      {until && sale.status !== 'ended' && sale.status !== 'cancelled' && (
        <div className="row">
          <span className="soft">{words}</span>
          <Countdown atMs={Date.parse(until)} label={words} large />
          <span className="soft small">
            {t(started ? 'sale.ends' : 'home.starts', { at: dateTime(until, i18n.language) })}
          </span>
        </div>
      )}
      <p className="small soft">
        {estimate
          ? t('sale.clock', { ms: Math.max(1, Math.ceil(estimate.errorMs)) })
          : t('sale.clockWait')}
      </p>
    </div>
  );
}

/** Told politely, once, when something happened that matters. */
function News({ state, isOpen }: { state: State; isOpen: boolean }) {
  const { t } = useTranslation();
  const words =
    state.at === 'won'
      ? t('sale.won')
      : state.at === 'lost'
        ? t(`sale.lost.${state.why}`)
        : state.at === 'queueing'
          ? t('sale.queueing')
          : isOpen
            ? t('sale.opened')
            : '';
  const orderNo = state.at === 'won' || state.at === 'queueing' ? state.orderNo : null;
  const tone = state.at === 'won' ? 'notice good' : state.at === 'lost' ? 'notice bad' : 'notice';
  const shown = state.at === 'won' || state.at === 'lost' || state.at === 'queueing';
  return (
    <div role="status" className={shown ? tone : 'sr-only'}>
      <strong>{words}</strong>
      {orderNo && (
        <Link className="mono" to={`/orders/${orderNo}`}>
          {t('sale.ticket', { no: orderNo })}
        </Link>
      )}
    </div>
  );
}

function Rules({ sale }: { sale: Activity }) {
  const { t } = useTranslation();
  const minutes = Math.round(sale.payment_window_s / 60);
  const window =
    minutes >= 120
      ? t('sale.hours', { n: Math.round(minutes / 60) })
      : t('sale.window', { n: minutes });
  return (
    <section className="stack tight small soft">
      <h2>{t('sale.rules')}</h2>
      <div className="row">
        <Tag>{t('sale.limit', { n: sale.per_user_limit })}</Tag>
        <Tag>{window}</Tag>
      </div>
      <p>{t('sale.rule1')}</p>
      <p>{t('sale.rule2')}</p>
      <p>{t('sale.rule3')}</p>
    </section>
  );
}

function Sale({ sale }: { sale: Activity }) {
  const { t } = useTranslation();
  const session = useSession();
  const started = useRemaining(Date.parse(sale.start_at)) <= 0;
  const over = sale.status === 'ended' || sale.status === 'cancelled';
  const isOpen = started && !over && sale.available_stock !== null;
  const { state, press, giveUp } = usePurchase(sale.id, session?.user.id ?? null, isOpen);
  return (
    <article className="split">
      <div className="card tile">
        <Art id={sale.product_id} name={sale.product_name} url={sale.product_image} eager />
      </div>
      <div className="stack">
        <div className="row">
          <Tag tone={isOpen ? 'red' : 'blue'}>{sale.name}</Tag>
        </div>
        <h1>{sale.product_name}</h1>
        <div className="row">
          <span className="sr-only">{t('sale.price')}</span>
          <Price fen={sale.spike_price_fen} large />
          <span className="was">¥{sale.original_price.toFixed(2)}</span>
        </div>
        <Clock sale={sale} started={started} />
        <Stock sale={sale} />
        <News state={state} isOpen={isOpen} />
        <div className="buy">
          <BuyButton
            sale={sale}
            state={state}
            started={started}
            signedIn={session !== null}
            press={press}
            giveUp={giveUp}
          />
        </div>
        <Rules sale={sale} />
      </div>
    </article>
  );
}

export function SalePage() {
  const id = Number(useParams().id);
  const sale = useSale(id);
  useTitle(sale.data?.product_name ?? '');
  if (sale.data) return <Sale sale={sale.data} />;
  if (sale.isError) return <Failed error={sale.error} retry={() => void sale.refetch()} />;
  return <Skeletons count={2} height="18rem" />;
}
