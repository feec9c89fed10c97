import { lazy } from 'react';
import { useTranslation } from 'react-i18next';
import { Navigate, NavLink, Route, Routes } from 'react-router';

import { Fault } from '../api/fault';
import { useSession } from '../api/useSession';
import { Failed, SignedOut, useTitle } from '../ui/parts';
import { ActivitiesPage } from './ActivitiesPage';
import { OrdersPage } from './OrdersPage';
import { ProductsPage } from './ProductsPage';

// The chart's library is loaded with the only page that draws one.
const LivePage = lazy(async () => ({ default: (await import('./LivePage')).LivePage }));

export function AdminRoutes() {
  const { t } = useTranslation();
  useTitle(t('admin.title'));
  const session = useSession();
  if (!session) return <SignedOut />;
  if (session.user.role !== 'admin') return <Failed error={new Fault(403, 403, '')} />;
  return (
    <div className="admin">
      <nav className="tabs" aria-label={t('admin.title')}>
        <NavLink to="/admin/activities">{t('admin.sections.activities')}</NavLink>
        <NavLink to="/admin/products">{t('admin.sections.products')}</NavLink>
        <NavLink to="/admin/orders">{t('admin.sections.orders')}</NavLink>
      </nav>
      <div className="stack">
        <Routes>
          <Route index element={<Navigate to="/admin/activities" replace />} />
          <Route path="activities" element={<ActivitiesPage />} />
          <Route path="activities/:id" element={<LivePage />} />
          <Route path="products" element={<ProductsPage />} />
          <Route path="orders" element={<OrdersPage />} />
          <Route path="*" element={<Failed error={new Fault(404, 404, '')} />} />
        </Routes>
      </div>
    </div>
  );
}
