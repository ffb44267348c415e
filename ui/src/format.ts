/** Numbers, sizes, times and names as the interface writes them; the locale is always given. */
const LOCALE = 'en';

const counts = new Intl.NumberFormat(LOCALE);
const oneDecimal = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 1 });
const moments = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium', timeStyle: 'short' });

const percents = new Intl.NumberFormat(LOCALE, {
  style: 'percent',
  maximumSignificantDigits: 2,
});

/** A share from 0 to 1: `0.042` is `4.2%`. */
export function formatShare(share: number): string {
  return percents.format(share);
}

export function formatCount(count: number): string {
  return counts.format(count);
}

/** `1 finding`, `2 findings`. */
export function formatMany(count: number, one: string, more = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : more}`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Decimal units, as the engines print them: three digits at most. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && value < 9.95 ? oneDecimal.format(value) : String(Math.round(value));
  return `${digits} ${UNITS[unit] ?? ''}`;
}

const SPANS: readonly (readonly [unit: string, seconds: number])[] = [
  ['y', 365 * 86_400],
  ['mo', 30 * 86_400],
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
];

/** Time since an RFC 3339 moment in its largest unit: `4 min`; empty for what is no time. */
export function formatAge(moment: string, now: number): string {
  const then = Date.parse(moment);
  if (Number.isNaN(then)) return '';
  const seconds = Math.max(0, (now - then) / 1000);
  for (const [unit, length] of SPANS) {
    if (seconds >= length) return `${formatCount(Math.floor(seconds / length))} ${unit}`;
  }
  return 'now';
}

/** `4 min ago`, or `just now`. */
export function formatAgo(moment: string, now: number): string {
  const age = formatAge(moment, now);
  if (age === 'now') return 'just now';
  return age === '' ? '' : `${age} ago`;
}

export function formatMoment(moment: string): string {
  const time = Date.parse(moment);
  return Number.isNaN(time) ? moment : moments.format(time);
}

/** Minutes and seconds: `1:05`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = String(seconds % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

/** The first twelve hexadecimal digits, as the engines abbreviate. */
export function shortDigest(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1).slice(0, 12);
}

/** At most `limit` characters of a reference: folders give way first, the tag last. */
export function shortenReference(reference: string, limit: number): string {
  if (reference.length <= limit) return reference;
  const parts = reference.split('/');
  for (let from = 1; from < parts.length; from += 1) {
    const rest = `…/${parts.slice(from).join('/')}`;
    if (rest.length <= limit) return rest;
  }
  const end = parts.at(-1) ?? reference;
  const colon = end.lastIndexOf(':');
  const tag = colon < 0 ? '' : end.slice(colon);
  const room = limit - tag.length - 1;
  return room < 4 ? `${end.slice(0, limit - 1)}…` : `${end.slice(0, room)}…${tag}`;
}

/** Progress in units of the phase: `12 of 40 layers`, `31 MB of 120 MB`. */
export function formatProgress(count: number, total: number | null, unit: string): string {
  const write = unit === 'bytes' ? formatBytes : formatCount;
  const word = unit === 'bytes' ? '' : ` ${unit}`;
  if (total === null) return count === 0 ? '' : `${write(count)}${word}`;
  return `${write(count)} of ${write(total)}${word}`;
}
