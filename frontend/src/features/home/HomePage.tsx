import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { api, call, type Schemas } from '../../api/client';
import { dateTime } from '../../lib/dates';
import { tenths } from '../../lib/money';
import { Art } from '../../ui/Art';
import { Countdown } from '../../ui/Countdown';
import { Bar, Blank, Failed, Price, Skeletons, Tag, useTitle } from '../../ui/parts';
import { ProductTile } from '../products/ProductTile';

type Activity = Schemas['Activity'];

const REFRESH_MS = 5_000;

function useSales(status: 'active' | 'upcoming') {
  return useQuery({
    queryKey: ['sales', status],
    refetchInterval: REFRESH_MS,
    queryFn: () =>
      call(api.GET('/api/v1/seckill/activities', { params: { query: { status, page_size: 12 } } })),
  });
}

function Discount({ sale }: { sale: Activity }) {
  const { t } = useTranslation();
  const left = tenths(sale.spike_price_fen, sale.original_price_fen);
  if (left === null) return null;
  const pct = Math.round((1 - sale.spike_price_fen / sale.original_price_fen) * 100);
  return <Tag tone="red">{t('home.off', { n: left, pct })}</Tag>;
}

function Stock({ sale }: { sale: Activity }) {
  const { t } = useTranslation();
  const left = sale.available_stock;
  if (left === null) return null;
  const text = left > 0 ? t('home.left', { n: left }) : t('home.soldOut');
  return (
    <div className="stack tight">
      <span className="small soft">{text}</span>
      <Bar share={left / Math.max(1, sale.spike_stock)} label={text} />
    </div>
  );
}

function Hero({ sale }: { sale: Activity }) {
  const { t } = useTranslation();
  const running = sale.status === 'active';
  const until = running ? sale.end_at : sale.start_at;
  return (
    <section className="card hero">
      <Art id={sale.product_id} name={sale.product_name} url={sale.product_image} eager />
      <div className="text">
        <div className="row">
          <Tag tone={running ? 'red' : 'blue'}>
            {running ? t('home.running') : t('home.coming')}
          </Tag>
          <Discount sale={sale} />
        </div>
        <h1>{sale.product_name}</h1>
        <p className="soft">{sale.name}</p>
        <div className="row">
          <Price fen={sale.spike_price_fen} large />
          <span className="was">¥{sale.original_price.toFixed(2)}</span>
        </div>
        {until && (
          <div className="row">
            <span className="soft">{running ? t('home.endsIn') : t('home.startsIn')}</span>
            <Countdown
              atMs={Date.parse(until)}
              label={running ? t('home.endsIn') : t('home.startsIn')}
            />
          </div>
        )}
        <Stock sale={sale} />
        <Link className="button primary huge" to={`/sales/${sale.id}`}>
          {t('home.enter')}
        </Link>
      </div>
    </section>
  );
}

function SaleTile({ sale }: { sale: Activity }) {
  const { t, i18n } = useTranslation();
  return (
    <Link className="card tile" to={`/sales/${sale.id}`}>
      <Art id={sale.product_id} name={sale.product_name} url={sale.product_image} />
      <div className="text">
        <h3>{sale.product_name}</h3>
        <span className="soft small">{sale.name}</span>
        <div className="row">
          <Price fen={sale.spike_price_fen} />
          <Discount sale={sale} />
        </div>
        {sale.status === 'active' ? (
          <Stock sale={sale} />
        ) : (
          <Tag tone="blue">{t('home.starts', { at: dateTime(sale.start_at, i18n.language) })}</Tag>
        )}
      </div>
    </Link>
  );
}

function Sales({ title, sales }: { title: string; sales: Activity[] }) {
  if (sales.length === 0) return null;
  return (
    <section className="stack">
      <h2>{title}</h2>
      <div className="grid">
        {sales.map((sale) => (
          <SaleTile key={sale.id} sale={sale} />
        ))}
      </div>
    </section>
  );
}

function Fresh() {
  const { t } = useTranslation();
  const { data } = useQuery({
    queryKey: ['products', 'fresh'],
    queryFn: () => call(api.GET('/api/v1/products', { params: { query: { page_size: 8 } } })),
  });
  if (!data?.items.length) return null;
  return (
    <section className="stack">
      <div className="row between">
        <h2>{t('home.fresh')}</h2>
        <Link className="button quiet" to="/products">
          {t('home.seeAll')}
        </Link>
      </div>
      <div className="grid two">
        {data.items.map((item) => (
          <ProductTile key={item.id} product={item} />
        ))}
      </div>
    </section>
  );
}

export function HomePage() {
  const { t } = useTranslation();
  useTitle('');
  const active = useSales('active');
  const upcoming = useSales('upcoming');
  if (active.isPending) return <Skeletons count={2} height="22rem" />;
  if (active.isError) return <Failed error={active.error} retry={() => void active.refetch()} />;
  const coming = upcoming.data?.items ?? [];
  const [first, ...others] = active.data.items;
  const hero = first ?? coming[0];
  return (
    <div className="stack loose">
      {hero ? <Hero sale={hero} /> : <Blank title={t('home.noSale')} body={t('home.noSaleBody')} />}
      <Sales title={t('home.running')} sales={others} />
      <Sales title={t('home.coming')} sales={first ? coming : coming.slice(1)} />
      <Fresh />
    </div>
  );
}
