import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { api, call, type Schemas } from '../api/client';
import { dateTime, fromLocalInput, toLocalInput } from '../lib/dates';
import { parseYuan } from '../lib/money';
import { Art } from '../ui/Art';
import { Field, Price, Tag, useFaultText } from '../ui/parts';
import { type Draft, wrongOf } from './activityDraft';

type Product = Schemas['Product'];

const DAY_MS = 86_400_000;
const SOON_MS = 600_000;

function first(products: Product[]): Draft {
  const now = Date.now();
  return {
    product_id: String(products[0]?.id ?? ''),
    name: '',
    price: '',
    units: '100',
    limit: '1',
    window: '15',
    start: toLocalInput(now + SOON_MS),
    end: toLocalInput(now + SOON_MS + DAY_MS),
  };
}

/** As the home page will show it. */
function Preview({ draft, product }: { draft: Draft; product: Product }) {
  const { t, i18n } = useTranslation();
  const start = fromLocalInput(draft.start);
  return (
    <section className="stack tight">
      <h3>{t('admin.activity.preview')}</h3>
      <div className="card tile" style={{ maxWidth: '16rem' }}>
        <Art
          id={product.id}
          name={product.name}
          category={product.category}
          url={product.image_url}
        />
        <div className="text">
          <strong>{product.name}</strong>
          <span className="soft small">{draft.name}</span>
          <div className="row">
            <Price fen={parseYuan(draft.price) ?? 0} />
            <span className="was">¥{product.price.toFixed(2)}</span>
          </div>
          {start && (
            <Tag tone="blue">{t('home.starts', { at: dateTime(start, i18n.language) })}</Tag>
          )}
        </div>
      </div>
    </section>
  );
}

export function ActivityForm({ products, done }: { products: Product[]; done: () => void }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const client = useQueryClient();
  const [draft, setDraft] = useState(() => first(products));
  const [tried, setTried] = useState(false);
  const product = products.find(({ id }) => String(id) === draft.product_id);
  const wrong = tried ? wrongOf(draft, product) : {};
  const create = useMutation({
    mutationFn: (body: Schemas['ActivityBody']) =>
      call(api.POST('/api/v1/admin/seckill/activities', { body })),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['admin', 'activities'] });
      done();
    },
  });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(wrongOf(draft, product)).length > 0 || create.isPending) return;
    create.mutate({
      product_id: Number(draft.product_id),
      name: draft.name.trim(),
      spike_price_fen: parseYuan(draft.price) ?? 0,
      spike_stock: Number(draft.units),
      per_user_limit: Number(draft.limit),
      payment_window_s: Number(draft.window) * 60,
      start_at: fromLocalInput(draft.start) ?? '',
      end_at: fromLocalInput(draft.end) ?? '',
    });
  };
  const field = (name: keyof Draft, label: string, type = 'text') => {
    const problem = wrong[name];
    return (
      <Field label={label} wrong={problem && t(problem)}>
        {(props) => (
          <input
            {...props}
            name={name}
            type={type}
            value={draft[name]}
            onChange={(event) => setDraft({ ...draft, [name]: event.target.value })}
          />
        )}
      </Field>
    );
  };
  return (
    <form className="stack" noValidate onSubmit={onSubmit}>
      <Field label={t('admin.activity.product')}>
        {(props) => (
          <select
            {...props}
            name="product_id"
            value={draft.product_id}
            onChange={(event) => setDraft({ ...draft, product_id: event.target.value })}
          >
            {products.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        )}
      </Field>
      {field('name', t('admin.activity.name'))}
      {field('price', t('admin.activity.price'))}
      {field('units', t('admin.activity.units'))}
      {field('limit', t('admin.activity.limit'))}
      {field('window', t('admin.activity.window'))}
      {field('start', t('admin.activity.start'), 'datetime-local')}
      {field('end', t('admin.activity.end'), 'datetime-local')}
      {product && <Preview draft={draft} product={product} />}
      {create.isError && (
        <p className="notice bad" role="alert">
          {faultText(create.error)}
        </p>
      )}
      <div className="row">
        <button type="submit" className="button primary" aria-disabled={create.isPending}>
          {t('common.save')}
        </button>
        <button type="button" className="button quiet" onClick={done}>
          {t('common.cancel')}
        </button>
      </div>
    </form>
  );
}
