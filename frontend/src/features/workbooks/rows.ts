/** The preview as one flat list, which can be virtualised. */
import type { Schemas } from '../../api/client';

type Preview = Schemas['Preview'];
export type Kind = 'changed' | 'added' | 'removed';
export interface Row {
  kind: Kind;
  sheet: string;
  key: string[];
  number: number | null;
  cells: Schemas['PreviewRow']['cells'];
}

export function rowsOf(preview: Preview): Row[] {
  const kinds = ['changed', 'added', 'removed'] as const;
  return preview.pairs.flatMap((pair) =>
    kinds.flatMap((kind) =>
      pair[kind].map((row) => ({
        kind,
        sheet: pair.sheet2 || pair.sheet1,
        key: row.key,
        number: row.row2 ?? row.row1 ?? null,
        cells: row.cells,
      })),
    ),
  );
}
