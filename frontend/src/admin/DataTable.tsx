import { type ReactNode, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';

import { Field } from '../ui/parts';
import { csv } from './csv';

export interface Column<T> {
  key: string;
  title: string;
  /** What it sorts, filters and exports by. */
  value: (row: T) => string | number;
  show?: (row: T) => ReactNode;
  number?: boolean;
}

interface Props<T> {
  name: string;
  rows: T[];
  columns: Column<T>[];
  id: (row: T) => string | number;
  actions?: (row: T) => ReactNode;
}

function save(name: string, text: string) {
  // The byte order mark tells Excel that it is UTF-8.
  const url = URL.createObjectURL(new Blob(['\uFEFF', text], { type: 'text/csv' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `${name}.csv`;
  link.click();
  URL.revokeObjectURL(url);
}

/** Filter and sort stand in the address, so that a view can be linked to. */
export function DataTable<T>({ name, rows, columns, id, actions }: Props<T>) {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const filter = params.get('q') ?? '';
  const [sortKey, direction] = (params.get('sort') ?? '').split(',');
  const set = (key: string, value: string) =>
    setParams(
      (old) => {
        if (value) old.set(key, value);
        else old.delete(key);
        return old;
      },
      { replace: true },
    );
  const shown = useMemo(() => {
    const words = filter.toLowerCase();
    const found = rows.filter((row) =>
      columns.some((column) => String(column.value(row)).toLowerCase().includes(words)),
    );
    const by = columns.find((column) => column.key === sortKey);
    if (!by) return found;
    const sign = direction === 'desc' ? -1 : 1;
    return found.sort((a, b) => {
      const [x, y] = [by.value(a), by.value(b)];
      if (typeof x === 'number' && typeof y === 'number') return sign * (x - y);
      return sign * String(x).localeCompare(String(y), 'zh-CN');
    });
  }, [rows, columns, filter, sortKey, direction]);
  const sorted = (key: string) =>
    key !== sortKey ? 'none' : direction === 'desc' ? 'descending' : 'ascending';
  return (
    <div className="stack">
      <div className="row between" style={{ alignItems: 'end' }}>
        <Field label={t('common.filter')}>
          {(props) => (
            <input
              {...props}
              type="search"
              value={filter}
              onChange={(event) => set('q', event.target.value)}
            />
          )}
        </Field>
        <button
          type="button"
          className="button"
          onClick={() =>
            save(
              name,
              csv(
                columns.map((column) => column.title),
                shown.map((row) => columns.map((column) => column.value(row))),
              ),
            )
          }
        >
          {t('common.export')}
        </button>
      </div>
      <div className="table-wrap" tabIndex={0} role="group" aria-label={name}>
        <table>
          <thead>
            <tr>
              {columns.map((column) => (
                <th
                  key={column.key}
                  className={column.number ? 'number' : ''}
                  aria-sort={sorted(column.key)}
                >
                  <button
                    type="button"
                    onClick={() =>
                      set(
                        'sort',
                        `${column.key},${sorted(column.key) === 'ascending' ? 'desc' : 'asc'}`,
                      )
                    }
                  >
                    {column.title}{' '}
                    {sorted(column.key) === 'none' ? '' : direction === 'desc' ? '↓' : '↑'}
                  </button>
                </th>
              ))}
              {actions && <th>{t('common.actions')}</th>}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={id(row)}>
                {columns.map((column) => (
                  <td key={column.key} className={column.number ? 'number' : ''}>
                    {column.show?.(row) ?? column.value(row)}
                  </td>
                ))}
                {actions && (
                  <td>
                    <span className="row">{actions(row)}</span>
                  </td>
                )}
              </tr>
            ))}
            {shown.length === 0 && (
              <tr>
                <td colSpan={columns.length + 1}>{t('admin.noRows')}</td>
              </tr>
            )}
          </tbody>
        </table>
      </div>
    </div>
  );
}
