import { useTranslation } from 'react-i18next';

import type { Schemas } from '../../api/client';
import { Tag, type Tone } from '../../ui/parts';

type Status = Schemas['Job']['status'];

const TONES: Record<Status, Tone> = {
  processing: 'blue',
  awaiting_payment: 'amber',
  ready: 'green',
  failed: 'red',
  cancelled: 'plain',
  expired: 'plain',
};

export function JobStatus({ status }: { status: Status }) {
  const { t } = useTranslation();
  return <Tag tone={TONES[status]}>{t(`workbooks.status.${status}`)}</Tag>;
}
