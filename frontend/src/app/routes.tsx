import { type ComponentType, lazy } from 'react';
import { createBrowserRouter } from 'react-router';

import { Fault } from '../api/fault';
import { HomePage } from '../features/home/HomePage';
import { Failed } from '../ui/parts';
import { Shell } from './Shell';

const page = <K extends string>(load: () => Promise<Record<K, ComponentType>>, name: K) => {
  const Page = lazy(async (): Promise<{ default: ComponentType }> => ({
    default: (await load())[name],
  }));
  return <Page />;
};

/** Comparison lives under /workbooks because /compare belongs to an interface of the API. */
export const router = createBrowserRouter([
  {
    element: <Shell />,
    children: [
      { path: '/', element: <HomePage /> },
      {
        path: '/products',
        element: page(() => import('../features/products/ProductsPage'), 'ProductsPage'),
      },
      {
        path: '/products/:id',
        element: page(() => import('../features/products/ProductPage'), 'ProductPage'),
      },
      { path: '/sales/:id', element: page(() => import('../features/sale/SalePage'), 'SalePage') },
      {
        path: '/orders',
        element: page(() => import('../features/orders/OrdersPage'), 'OrdersPage'),
      },
      {
        path: '/orders/:no',
        element: page(() => import('../features/orders/OrderPage'), 'OrderPage'),
      },
      { path: '/pay/:no', element: page(() => import('../features/pay/PayPage'), 'PayPage') },
      {
        path: '/workbooks',
        element: page(() => import('../features/workbooks/WorkbooksPage'), 'WorkbooksPage'),
      },
      {
        path: '/workbooks/:id',
        element: page(() => import('../features/workbooks/WorkbookPage'), 'WorkbookPage'),
      },
      {
        path: '/login',
        element: page(() => import('../features/accounts/SignInPage'), 'SignInPage'),
      },
      {
        path: '/register',
        element: page(() => import('../features/accounts/RegisterPage'), 'RegisterPage'),
      },
      {
        path: '/me',
        element: page(() => import('../features/accounts/ProfilePage'), 'ProfilePage'),
      },
      {
        path: '/design',
        element: page(() => import('../features/design/DesignPage'), 'DesignPage'),
      },
      { path: '/admin/*', element: page(() => import('../admin/AdminRoutes'), 'AdminRoutes') },
      { path: '*', element: <Failed error={new Fault(404, 404, '')} /> },
    ],
  },
]);
