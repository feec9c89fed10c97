import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';

import { api, call } from '../../api/client';
import { Blank, Failed, Field, Skeletons, useTitle } from '../../ui/parts';
import { ProductTile } from './ProductTile';

const PAGE_SIZE = 24;
const TYPING_MS = 250;

/** The address holds what is asked for, so that a link can be shared. */
export function ProductsPage() {
  const { t } = useTranslation();
  useTitle(t('products.title'));
  const [params, setParams] = useSearchParams();
  const keyword = params.get('keyword') ?? '';
  const category = params.get('category') ?? '';
  const sort = params.get('sort') ?? 'created_at,desc';
  const [typed, setTyped] = useState(keyword);
  const set = (name: string, value: string) =>
    setParams(
      (old) => {
        if (value) old.set(name, value);
        else old.delete(name);
        return old;
      },
      { replace: true },
    );
  useEffect(() => {
    if (typed === keyword) return;
    const timer = setTimeout(() => set('keyword', typed), TYPING_MS);
    return () => clearTimeout(timer);
  });
  const found = useInfiniteQuery({
    queryKey: ['products', { keyword, category, sort }],
    initialPageParam: 1,
    placeholderData: keepPreviousData,
    queryFn: ({ pageParam, signal }) => {
      const query = { page: pageParam, page_size: PAGE_SIZE, keyword, category, sort };
      return call(api.GET('/api/v1/products', { params: { query }, signal }));
    },
    getNextPageParam: ({ page, total_page }) => (page < total_page ? page + 1 : undefined),
  });
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  const categories = [...new Set([category, ...items.map((item) => item.category)])].filter(
    Boolean,
  );
  return (
    <div className="stack">
      <h1>{t('products.title')}</h1>
      <div className="grid" role="search">
        <Field label={t('products.search')}>
          {(props) => (
            <input
              {...props}
              type="search"
              value={typed}
              maxLength={64}
              onChange={(event) => setTyped(event.target.value)}
            />
          )}
        </Field>
        <Field label={t('products.category')}>
          {(props) => (
            <select
              {...props}
              value={category}
              onChange={(event) => set('category', event.target.value)}
            >
              <option value="">{t('common.all')}</option>
              {categories.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          )}
        </Field>
        <Field label={t('products.sort')}>
          {(props) => (
            <select {...props} value={sort} onChange={(event) => set('sort', event.target.value)}>
              <option value="created_at,desc">{t('products.newest')}</option>
              <option value="price,asc">{t('products.cheapest')}</option>
              <option value="price,desc">{t('products.dearest')}</option>
            </select>
          )}
        </Field>
      </div>
      {found.isPending && <Skeletons count={2} height="16rem" />}
      {found.isError && <Failed error={found.error} retry={() => void found.refetch()} />}
      {found.isSuccess && (
        <>
          <p className="soft small" role="status">
            {t('products.count', { n: found.data.pages[0]?.total ?? 0 })}
          </p>
          {items.length === 0 && <Blank title={t('products.none')} body={t('products.noneBody')} />}
          <div className="grid two">
            {items.map((item) => (
              <ProductTile key={item.id} product={item} />
            ))}
          </div>
        </>
      )}
      {found.hasNextPage && (
        <button type="button" className="button" onClick={() => void found.fetchNextPage()}>
          {t('common.more')}
        </button>
      )}
    </div>
  );
}
