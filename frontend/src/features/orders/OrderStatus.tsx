import { useTranslation } from 'react-i18next';

import type { Schemas } from '../../api/client';
import { Tag, type Tone } from '../../ui/parts';

type Status = Schemas['Order']['status'];

const TONES: Record<Status, Tone> = {
  processing: 'blue',
  pending_payment: 'amber',
  closing: 'amber',
  paid: 'green',
  closed: 'plain',
  cancelled: 'plain',
  failed: 'red',
  refunding: 'blue',
  refunded: 'plain',
};

export function OrderStatus({ status }: { status: Status }) {
  const { t } = useTranslation();
  return <Tag tone={TONES[status]}>{t(`orders.status.${status}`)}</Tag>;
}
