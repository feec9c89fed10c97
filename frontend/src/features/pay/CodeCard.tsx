import { useTranslation } from 'react-i18next';

import { QrCode } from '../../ui/QrCode';
import { simulatorUrl } from './simulator';

/** A code to scan, and in a demo the desk that scans it. */
export function CodeCard({ codeUrl }: { codeUrl: string | null }) {
  const { t } = useTranslation();
  if (!codeUrl) {
    return (
      <div role="status">
        <p className="sr-only">{t('pay.opening')}</p>
        <div className="skeleton qr" style={{ aspectRatio: 1 }} />
      </div>
    );
  }
  const simulator = simulatorUrl(codeUrl);
  return (
    <div className="stack">
      <QrCode text={codeUrl} label={t('pay.qr')} />
      <p style={{ textAlign: 'center' }}>{t('pay.scan')}</p>
      {simulator && (
        <div className="stack tight">
          <a
            className="button wide"
            href={simulator}
            target="_blank"
            rel="noreferrer"
            data-testid="simulator"
          >
            {t('pay.simulator')}
          </a>
          <p className="small soft">{t('pay.simulatorHint')}</p>
        </div>
      )}
    </div>
  );
}
