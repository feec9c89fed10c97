/** What an activity's form holds as text, and what is wrong with it. */
import type { Schemas } from '../api/client';
import { fromLocalInput } from '../lib/dates';
import { parseYuan } from '../lib/money';

export interface Draft {
  product_id: string;
  name: string;
  price: string;
  units: string;
  limit: string;
  window: string;
  start: string;
  end: string;
}

type Problem =
  | 'account.invalid.required'
  | 'admin.invalidPrice'
  | 'admin.invalidCount'
  | 'admin.activity.priceRule'
  | 'admin.activity.unitsRule'
  | 'admin.activity.timeRule';

const count = (text: string) => (/^[1-9]\d{0,8}$/.test(text.trim()) ? Number(text) : null);

type Offer = Pick<Schemas['Product'], 'price_fen' | 'stock'>;

export function wrongOf(
  draft: Draft,
  product: Offer | undefined,
): Partial<Record<keyof Draft, Problem>> {
  const wrong: Partial<Record<keyof Draft, Problem>> = {};
  if (!draft.name.trim()) wrong.name = 'account.invalid.required';
  const price = parseYuan(draft.price);
  if (price === null || price === 0) wrong.price = 'admin.invalidPrice';
  else if (product && price >= product.price_fen) wrong.price = 'admin.activity.priceRule';
  const units = count(draft.units);
  if (units === null || (product && units > product.stock))
    wrong.units = 'admin.activity.unitsRule';
  if (count(draft.limit) === null) wrong.limit = 'admin.invalidCount';
  if (count(draft.window) === null) wrong.window = 'admin.invalidCount';
  const [start, end] = [fromLocalInput(draft.start), fromLocalInput(draft.end)];
  if (!start) wrong.start = 'account.invalid.required';
  if (!end) wrong.end = 'account.invalid.required';
  if (start && end && end <= start) wrong.end = 'admin.activity.timeRule';
  return wrong;
}
