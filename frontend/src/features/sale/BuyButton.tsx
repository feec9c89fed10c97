import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import type { Schemas } from '../../api/client';
import { isBusy, type State, type Why } from './machine';

const WAITING = {
  busy: 'sale.retryBusy',
  limited: 'sale.retryLimited',
  unanswered: 'sale.retryUnanswered',
} as const satisfies Record<Why, string>;

/** Whole seconds until `untilMs` by this machine's clock. */
function useSeconds(untilMs: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (untilMs === 0) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, [untilMs]);
  return Math.max(0, Math.ceil((untilMs - now) / 1000));
}

function useWords(state: State, sale: Schemas['Activity'], started: boolean): string {
  const { t } = useTranslation();
  const seconds = useSeconds(state.at === 'retrying' ? state.untilMs : 0);
  switch (state.at) {
    case 'waiting':
      if (sale.status === 'ended') return t('sale.ended');
      if (sale.status === 'cancelled') return t('sale.cancelled');
      return started ? t('sale.paused') : t('sale.wait');
    case 'open':
      return sale.available_stock === 0 ? t('sale.again') : t('sale.go');
    case 'asking':
      return t('sale.asking');
    case 'retrying':
      return t(WAITING[state.why], { n: seconds });
    case 'queueing':
      return t('sale.queueing');
    case 'won':
      return t('sale.pay');
    case 'lost':
      return state.why === 'soldOut' ? t('sale.again') : t(`sale.lost.${state.why}`);
  }
}

interface Props {
  sale: Schemas['Activity'];
  state: State;
  started: boolean;
  signedIn: boolean;
  press: () => void;
  giveUp: () => void;
}

/** `aria-disabled` rather than `disabled`: the focus of a keyboard stays where it is. */
export function BuyButton({ sale, state, started, signedIn, press, giveUp }: Props) {
  const { t } = useTranslation();
  const words = useWords(state, sale, started);
  const over = sale.status === 'ended' || sale.status === 'cancelled';
  if (!signedIn && !over) {
    return (
      <Link className="button primary huge wide" to={`/login?next=/sales/${sale.id}`}>
        {t('sale.signIn')}
      </Link>
    );
  }
  if (state.at === 'won') {
    return (
      <Link className="button primary huge wide" to={`/pay/${state.orderNo}`} data-testid="pay">
        {words}
      </Link>
    );
  }
  const live = state.at === 'open' || (state.at === 'lost' && state.why === 'soldOut');
  return (
    <div className="stack tight">
      <button
        type="button"
        className="button primary huge wide"
        data-testid="buy"
        data-state={state.at}
        aria-disabled={!live}
        aria-busy={isBusy(state)}
        onClick={press}
      >
        {words}
      </button>
      {state.at === 'retrying' && (
        <button type="button" className="button quiet" onClick={giveUp}>
          {t('sale.giveUp')}
        </button>
      )}
    </div>
  );
}
