import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';

import { api, call } from '../../api/client';
import { yuan } from '../../lib/money';
import { Art } from '../../ui/Art';
import { Failed, Price, Skeletons, Tag, useTitle } from '../../ui/parts';

function useSaleOf(productId: number) {
  return useQuery({
    queryKey: ['sales', 'of', productId],
    queryFn: async () => {
      for (const status of ['active', 'upcoming']) {
        const query = { product_id: productId, status, page_size: 1 };
        const { items } = await call(api.GET('/api/v1/seckill/activities', { params: { query } }));
        if (items[0]) return items[0];
      }
      return null;
    },
  });
}

export function ProductPage() {
  const { t } = useTranslation();
  const id = Number(useParams().id);
  const product = useQuery({
    queryKey: ['product', id],
    queryFn: () => call(api.GET('/api/v1/products/{id}', { params: { path: { id } } })),
  });
  const { data: sale } = useSaleOf(id);
  useTitle(product.data?.name ?? t('products.title'));
  if (product.isPending) return <Skeletons count={2} height="18rem" />;
  if (product.isError) return <Failed error={product.error} retry={() => void product.refetch()} />;
  const item = product.data;
  return (
    <article className="split">
      <div className="card tile">
        <Art id={item.id} name={item.name} category={item.category} url={item.image_url} eager />
      </div>
      <div className="stack">
        <Tag>{item.category}</Tag>
        <h1>{item.name}</h1>
        <Price fen={item.price_fen} large />
        <p className="soft">
          {item.stock > 0 ? t('products.stock', { n: item.stock }) : t('products.noStock')}
        </p>
        {sale ? (
          <div className="notice bad">
            <strong>
              {t(sale.status === 'active' ? 'products.inSale' : 'products.saleSoon', {
                price: yuan(sale.spike_price_fen),
              })}
            </strong>
            <Link className="button primary" to={`/sales/${sale.id}`}>
              {t('products.toSale')}
            </Link>
          </div>
        ) : (
          <p className="notice">{t('products.onlySale')}</p>
        )}
        <section className="stack tight">
          <h2>{t('products.about')}</h2>
          <p>{item.description}</p>
        </section>
      </div>
    </article>
  );
}
