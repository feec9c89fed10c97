import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Fault } from '../../api/fault';
import { Art } from '../../ui/Art';
import { Countdown } from '../../ui/Countdown';
import { Bar, Blank, Dialog, Failed, Field, Price, Skeletons, Tag, useTitle } from '../../ui/parts';

const COLOURS = [
  'paper',
  'surface',
  'sunken',
  'line',
  'line-strong',
  'ink',
  'ink-soft',
  'cinnabar',
  'cinnabar-wash',
  'jade',
  'jade-wash',
  'amber',
  'amber-wash',
  'indigo',
  'indigo-wash',
];
const SIZES = ['2xl', 'xl', 'l', 'm', 's', 'xs'];
const THINGS = ['手机', '耳机', '键盘', '咖啡', '衬衫', '书', '礼盒'];

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="stack">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

function Parts() {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [until] = useState(() => Date.now() + 3_600_000);
  return (
    <>
      <div className="row">
        <button type="button" className="button primary" onClick={() => setOpen(true)}>
          {t('sale.go')}
        </button>
        <button type="button" className="button">
          {t('common.save')}
        </button>
        <button type="button" className="button danger">
          {t('orders.cancel')}
        </button>
        <button type="button" className="button quiet">
          {t('common.close')}
        </button>
        <button type="button" className="button primary" aria-disabled>
          {t('sale.wait')}
        </button>
      </div>
      <Dialog open={open} title={t('design.button')} close={() => setOpen(false)}>
        <button type="button" className="button" onClick={() => setOpen(false)}>
          {t('common.close')}
        </button>
      </Dialog>
      <div className="row">
        <Tag>{t('orders.status.closed')}</Tag>
        <Tag tone="red">{t('home.running')}</Tag>
        <Tag tone="green">{t('orders.status.paid')}</Tag>
        <Tag tone="amber">{t('orders.status.pending_payment')}</Tag>
        <Tag tone="blue">{t('home.coming')}</Tag>
        <Price fen={199_900} large />
        <Countdown atMs={until} label={t('home.endsIn')} large />
      </div>
      <Bar share={0.62} label={t('sale.left')} />
      <Field label={t('account.username')} hint={t('account.usernameHint')}>
        {(props) => <input {...props} />}
      </Field>
      <Field label={t('account.email')} wrong={t('account.invalid.email')}>
        {(props) => <input {...props} defaultValue="a@" />}
      </Field>
      <p className="notice">{t('sale.queueing')}</p>
      <p className="notice good">{t('sale.won')}</p>
      <p className="notice warn">{t('sale.paused')}</p>
      <p className="notice bad">{t('sale.lost.soldOut')}</p>
      <div className="grid">
        <div className="card">
          <Skeletons count={2} height="4rem" />
        </div>
        <div className="card">
          <Blank title={t('orders.none')} body={t('orders.noneBody')} />
        </div>
        <div className="card">
          <Failed error={new Fault(503, 503, '')} retry={() => undefined} />
        </div>
        <div className="card">
          <Failed error={new Fault(403, 403, '')} />
        </div>
      </div>
    </>
  );
}

/** What the pages are made of, in the theme and language that are chosen. */
export function DesignPage() {
  const { t } = useTranslation();
  useTitle(t('design.title'));
  return (
    <div className="stack loose">
      <header className="stack tight">
        <h1>{t('design.title')}</h1>
        <p className="soft">{t('design.lead')}</p>
      </header>
      <Part title={t('design.colour')}>
        <div className="grid two">
          {COLOURS.map((name) => (
            <div key={name} className="swatch">
              <i style={{ background: `var(--${name})` }} />
              <span className="mono">--{name}</span>
            </div>
          ))}
        </div>
      </Part>
      <Part title={t('design.type')}>
        {SIZES.map((size) => (
          <p key={size} style={{ fontSize: `var(--text-${size})`, lineHeight: 1.4 }}>
            {t('design.sample')} 0123
          </p>
        ))}
      </Part>
      <Part title={t('design.parts')}>
        <Parts />
      </Part>
      <Part title={t('design.art')}>
        <div className="grid two">
          {THINGS.map((name, index) => (
            <div key={name} className="card tile">
              <Art id={index} name={name} />
            </div>
          ))}
        </div>
      </Part>
    </div>
  );
}
