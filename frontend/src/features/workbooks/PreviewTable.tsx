import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';

import { Tag, type Tone } from '../../ui/parts';
import type { Kind, Row } from './rows';

const ROW_PX = 44;
const TONES: Record<Kind, Tone> = { changed: 'amber', added: 'green', removed: 'red' };

/** Only the rows in view exist; ten thousand scroll like ten. */
export function PreviewTable({ rows, label }: { rows: Row[]; label: string }) {
  const { t } = useTranslation();
  const frame = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
  });
  return (
    <div className="cells" ref={frame} tabIndex={0} role="group" aria-label={label}>
      <div role="list" style={{ height: list.getTotalSize(), position: 'relative' }}>
        {list.getVirtualItems().map(({ index, start }) => {
          const row = rows[index];
          if (!row) return null;
          return (
            <div
              key={index}
              className="line"
              role="listitem"
              aria-setsize={rows.length}
              aria-posinset={index + 1}
              style={{ transform: `translateY(${start}px)` }}
            >
              <Tag tone={TONES[row.kind]}>{t(`workbooks.kinds.${row.kind}`)}</Tag>
              <strong>{row.key.join(' · ') || t('workbooks.row', { n: row.number ?? 0 })}</strong>
              {row.cells.map((cell) => (
                <span key={cell.column}>
                  <span className="soft">{cell.column}</span>{' '}
                  {cell.old != null && <del>{cell.old || '∅'}</del>}{' '}
                  {cell.new != null && <ins>{cell.new || '∅'}</ins>}
                </span>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}
