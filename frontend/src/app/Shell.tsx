import { Suspense, useEffect, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, NavLink, Outlet, ScrollRestoration, useLocation } from 'react-router';

import { useSession } from '../api/useSession';
import { setLanguage } from '../i18n';
import { Skeletons } from '../ui/parts';
import { ErrorBoundary } from './ErrorBoundary';

const online = (listener: () => void) => {
  addEventListener('online', listener);
  addEventListener('offline', listener);
  return () => {
    removeEventListener('online', listener);
    removeEventListener('offline', listener);
  };
};

const Mark = () => (
  <svg viewBox="0 0 64 64" aria-hidden="true">
    <rect x="4" y="4" width="56" height="56" rx="14" fill="var(--cinnabar)" />
    <circle cx="32" cy="32" r="17" fill="none" stroke="var(--on-cinnabar)" strokeWidth="5" />
    <path
      d="M32 21v11h9"
      fill="none"
      stroke="var(--on-cinnabar)"
      strokeWidth="5"
      strokeLinecap="round"
    />
  </svg>
);

function Tools() {
  const { t, i18n } = useTranslation();
  const session = useSession();
  const [dark, setDark] = useState(document.documentElement.dataset.theme === 'dark');
  const turn = () => {
    const theme = dark ? 'light' : 'dark';
    document.documentElement.dataset.theme = theme;
    setDark(!dark);
    try {
      localStorage.setItem('mall.theme', theme);
    } catch {
      // The choice lasts until the page is closed.
    }
  };
  const other = i18n.language === 'en' ? 'zh-CN' : 'en';
  return (
    <div className="tools">
      <button
        type="button"
        className="button quiet"
        aria-label={dark ? t('app.toLight') : t('app.toDark')}
        onClick={turn}
      >
        <svg
          width="20"
          height="20"
          viewBox="0 0 24 24"
          fill="none"
          stroke="currentColor"
          strokeWidth="2"
          aria-hidden="true"
        >
          {dark ? (
            <path d="M12 3v2M12 19v2M3 12h2M19 12h2M6 6l1 1M17 17l1 1M18 6l-1 1M7 17l-1 1M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0z" />
          ) : (
            <path d="M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z" />
          )}
        </svg>
      </button>
      <button
        type="button"
        className="button quiet"
        lang={other}
        onClick={() => setLanguage(other)}
      >
        {t('app.language')}
      </button>
      <Link className="button quiet" to={session ? '/me' : '/login'}>
        {session ? session.user.nickname || session.user.username || t('nav.me') : t('nav.signIn')}
      </Link>
    </div>
  );
}

export function Shell() {
  const { t } = useTranslation();
  const session = useSession();
  const isOnline = useSyncExternalStore(online, () => navigator.onLine);
  const { pathname } = useLocation();
  useEffect(() => {
    document.getElementById('main')?.focus({ preventScroll: true });
  }, [pathname]);
  return (
    <div className="shell">
      <header className="top">
        <a className="skip button" href="#main">
          {t('app.skip')}
        </a>
        {!isOnline && (
          <div className="offline" role="status">
            {t('app.offline')}
          </div>
        )}
        <div className="inner">
          <Link className="brand" to="/">
            <Mark />
            {t('app.name')}
          </Link>
          <nav className="nav" aria-label={t('app.menu')}>
            <NavLink to="/" end>
              {t('nav.home')}
            </NavLink>
            <NavLink to="/products">{t('nav.products')}</NavLink>
            <NavLink to="/orders">{t('nav.orders')}</NavLink>
            <NavLink to="/workbooks">{t('nav.workbooks')}</NavLink>
            {session?.user.role === 'admin' && <NavLink to="/admin">{t('nav.admin')}</NavLink>}
          </nav>
          <Tools />
        </div>
      </header>
      <main id="main" tabIndex={-1} style={{ outline: 'none' }}>
        <ErrorBoundary key={pathname} title={t('state.crash')} again={t('state.retry')}>
          <Suspense fallback={<Skeletons />}>
            <Outlet />
          </Suspense>
        </ErrorBoundary>
      </main>
      <footer className="foot">
        <div className="inner row between">
          <span>{t('app.foot')}</span>
          <Link to="/design">{t('nav.design')}</Link>
        </div>
      </footer>
      <ScrollRestoration />
    </div>
  );
}
