import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { api, call, type Schemas } from '../api/client';
import { parseYuan, yuan } from '../lib/money';
import { Dialog, Failed, Field, Skeletons, Tag, useFaultText } from '../ui/parts';
import { all } from './all';
import { type Column, DataTable } from './DataTable';

type Product = Schemas['Product'];
type Body = Schemas['ProductBody'];

export function useProducts() {
  return useQuery({
    queryKey: ['admin', 'products'],
    queryFn: () =>
      all((page) =>
        call(api.GET('/api/v1/products', { params: { query: { page, page_size: 100 } } })),
      ),
  });
}

function Editor({ product, done }: { product: Product | null; done: () => void }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const client = useQueryClient();
  const [wrong, setWrong] = useState<{ price?: string; stock?: string; name?: string }>({});
  const save = useMutation({
    mutationFn: (body: Body) =>
      product
        ? call(
            api.PATCH('/api/v1/admin/products/{id}', {
              params: { path: { id: product.id } },
              body,
            }),
          )
        : call(api.POST('/api/v1/admin/products', { body })),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['admin', 'products'] });
      done();
    },
  });
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const text = (name: string) => String(data.get(name) ?? '').trim();
    const price_fen = parseYuan(text('price'));
    const stock = /^\d{1,9}$/.test(text('stock')) ? Number(text('stock')) : null;
    setWrong({
      ...(text('name') ? {} : { name: t('account.invalid.required') }),
      ...(price_fen === null ? { price: t('admin.invalidPrice') } : {}),
      ...(stock === null ? { stock: t('admin.invalidCount') } : {}),
    });
    if (!text('name') || price_fen === null || stock === null || save.isPending) return;
    const [name, category, description, image_url] = [
      text('name'),
      text('category'),
      text('description'),
      text('image'),
    ];
    save.mutate({ name, category, description, image_url, price_fen, stock });
  };
  return (
    <form className="stack" noValidate onSubmit={onSubmit}>
      <Field label={t('admin.product.name')} wrong={wrong.name}>
        {(props) => <input {...props} name="name" maxLength={128} defaultValue={product?.name} />}
      </Field>
      <Field label={t('admin.product.category')}>
        {(props) => (
          <input {...props} name="category" maxLength={64} defaultValue={product?.category} />
        )}
      </Field>
      <Field label={t('admin.product.price')} wrong={wrong.price}>
        {(props) => (
          <input
            {...props}
            name="price"
            inputMode="decimal"
            defaultValue={product ? yuan(product.price_fen) : ''}
          />
        )}
      </Field>
      <Field label={t('admin.product.stock')} wrong={wrong.stock}>
        {(props) => (
          <input {...props} name="stock" inputMode="numeric" defaultValue={product?.stock ?? ''} />
        )}
      </Field>
      <Field label={t('admin.product.description')}>
        {(props) => (
          <textarea {...props} name="description" rows={3} defaultValue={product?.description} />
        )}
      </Field>
      <Field label={t('admin.product.image')} hint={t('admin.product.imageHint')}>
        {(props) => <input {...props} name="image" type="url" defaultValue={product?.image_url} />}
      </Field>
      {save.isError && (
        <p className="notice bad" role="alert">
          {faultText(save.error)}
        </p>
      )}
      <div className="row">
        <button type="submit" className="button primary" aria-disabled={save.isPending}>
          {t('common.save')}
        </button>
        <button type="button" className="button quiet" onClick={done}>
          {t('common.cancel')}
        </button>
      </div>
    </form>
  );
}

export function ProductsPage() {
  const { t } = useTranslation();
  const products = useProducts();
  const [edited, setEdited] = useState<Product | 'new' | null>(null);
  const columns: Column<Product>[] = [
    { key: 'id', title: 'ID', value: (row) => row.id, number: true },
    { key: 'name', title: t('admin.product.name'), value: (row) => row.name },
    { key: 'category', title: t('admin.product.category'), value: (row) => row.category },
    {
      key: 'price',
      title: t('admin.product.price'),
      value: (row) => row.price_fen / 100,
      show: (row) => yuan(row.price_fen),
      number: true,
    },
    { key: 'stock', title: t('admin.product.stock'), value: (row) => row.stock, number: true },
    {
      key: 'status',
      title: t('admin.product.status'),
      value: (row) => (row.status ? t('admin.product.on') : t('admin.product.off')),
      show: (row) => (
        <Tag tone={row.status ? 'green' : 'plain'}>
          {row.status ? t('admin.product.on') : t('admin.product.off')}
        </Tag>
      ),
    },
  ];
  return (
    <>
      <div className="row between">
        <h1>{t('admin.sections.products')}</h1>
        <button type="button" className="button primary" onClick={() => setEdited('new')}>
          {t('admin.newProduct')}
        </button>
      </div>
      {products.isPending && <Skeletons />}
      {products.isError && <Failed error={products.error} retry={() => void products.refetch()} />}
      {products.data && (
        <DataTable
          name={t('admin.sections.products')}
          rows={products.data}
          columns={columns}
          id={(row) => row.id}
          actions={(row) => (
            <button
              type="button"
              className="button"
              aria-label={`${t('admin.product.edit')} ${row.name}`}
              onClick={() => setEdited(row)}
            >
              {t('admin.product.edit')}
            </button>
          )}
        />
      )}
      <Dialog
        open={edited !== null}
        title={edited === 'new' ? t('admin.newProduct') : t('admin.editProduct')}
        close={() => setEdited(null)}
      >
        <Editor product={edited === 'new' ? null : edited} done={() => setEdited(null)} />
      </Dialog>
    </>
  );
}
