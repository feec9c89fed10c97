/** RFC 4180; what a spreadsheet would run as a formula is text. */
function cell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csv(titles: string[], rows: (string | number)[][]): string {
  return [titles, ...rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n';
}
