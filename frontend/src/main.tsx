import './styles/tokens.css';
import './styles/base.css';
import './styles/parts.css';
import './styles/shell.css';
import './i18n';

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router/dom';

import { Fault } from './api/fault';
import { current, restore, subscribe } from './api/session';
import { router } from './app/routes';
import { waitMs } from './lib/backoff';

const RETRIES = 2;

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (count, error) => count < RETRIES && error instanceof Fault && error.isTransient,
      retryDelay: (count, error) =>
        waitMs(count + 1, error instanceof Fault ? error.retryAfterS : null),
    },
  },
});

let userId = current()?.user.id;
subscribe(() => {
  // What one account has seen is not shown to the next one.
  const next = current()?.user.id;
  if (next !== userId) void client.resetQueries();
  userId = next;
});

const root = document.getElementById('root');
if (root) {
  void restore().finally(() => {
    createRoot(root).render(
      <StrictMode>
        <QueryClientProvider client={client}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </StrictMode>,
    );
  });
}
