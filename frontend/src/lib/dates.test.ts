import { expect, it } from 'vitest';

import { dateTime, fromLocalInput, toLocalInput } from './dates';

it('shows the shop’s time', () => {
  expect(dateTime('2026-11-11T00:00:00Z', 'en')).toContain('08:00');
});

it('takes a form’s time as the shop’s', () => {
  const at = Date.parse('2026-11-11T10:30:00+08:00');
  expect(toLocalInput(at)).toBe('2026-11-11T10:30');
  expect(Date.parse(fromLocalInput(toLocalInput(at)) ?? '')).toBe(at);
  expect(fromLocalInput('soon')).toBeNull();
});
