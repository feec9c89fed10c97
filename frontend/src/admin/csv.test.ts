import { expect, it } from 'vitest';

import { csv } from './csv';

it('quotes what would break a row and disarms formulas', () => {
  const text = csv(
    ['名称', 'n'],
    [
      ['a,"b"', -5],
      ['=1+1', 2],
      ['两\n行', 0],
    ],
  );
  expect(text).toBe('名称,n\r\n"a,""b""",-5\r\n\'=1+1,2\r\n"两\n行",0\r\n');
});
