/** Times are shown in the shop's zone, wherever the reader is. */
const ZONE = 'Asia/Shanghai';

export function dateTime(iso: string, language: string): string {
  return new Intl.DateTimeFormat(language, {
    timeZone: ZONE,
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(new Date(iso));
}

/** For `<input type="datetime-local">`, in the shop's zone. */
export function toLocalInput(ms: number): string {
  return new Date(ms + 8 * 3_600_000).toISOString().slice(0, 16);
}

export function fromLocalInput(text: string): string | null {
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(text) ? `${text.slice(0, 16)}:00+08:00` : null;
}
