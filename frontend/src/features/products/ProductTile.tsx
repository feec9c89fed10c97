import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import type { Schemas } from '../../api/client';
import { Art } from '../../ui/Art';
import { Price, Tag } from '../../ui/parts';

export function ProductTile({ product }: { product: Schemas['Product'] }) {
  const { t } = useTranslation();
  return (
    <Link className="card tile" to={`/products/${product.id}`}>
      <Art
        id={product.id}
        name={product.name}
        category={product.category}
        url={product.image_url}
      />
      <div className="text">
        <h3>{product.name}</h3>
        <span className="soft small">{product.category}</span>
        <div className="row between">
          <Price fen={product.price_fen} />
          {product.stock === 0 && <Tag>{t('products.noStock')}</Tag>}
        </div>
      </div>
    </Link>
  );
}
