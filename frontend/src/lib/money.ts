/** Amounts are whole fen everywhere; yuan exist only as text. */
export function yuan(fen: number): string {
  const whole = Math.floor(Math.abs(fen) / 100);
  const rest = String(Math.abs(fen) % 100).padStart(2, '0');
  return `${fen < 0 ? '-' : ''}${String(whole).replace(/\B(?=(\d{3})+$)/g, ',')}.${rest}`;
}

/** What a person typed, in fen; null when it is no amount with at most two decimals. */
export function parseYuan(text: string): number | null {
  const match = /^\s*(\d{1,10})(?:\.(\d{1,2}))?\s*$/.exec(text.replace(/[,，¥￥]/g, ''));
  if (!match) return null;
  return Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'));
}

/** `6.2折`: the share of the price that is left, in tenths; null when nothing is saved. */
export function tenths(fen: number, of: number): number | null {
  if (of <= 0 || fen >= of) return null;
  return Math.max(0.1, Math.round((fen / of) * 100) / 10);
}
