import { readAnyFormat, readFormat, type ReadMoment } from './date-format.ts';

const DAYS = ['YYYY-MM-DD', 'YYYY/MM/DD', 'YYYYMMDD', 'MM/DD/YYYY', 'MM-DD-YYYY', 'YYYY.MM.DD', 'DD.MM.YYYY'];
const NAMED_DAYS = [
  'DD-MON-YYYY',
  'DD MON YYYY',
  'MON-DD-YYYY',
  'MON DD, YYYY',
  'MON DD YYYY',
  'YYYY-MON-DD',
];
const TIMES = ['HH:MI:SS', 'HH:MI', 'HHMISS', 'HH:MI:SS AM', 'HH:MI AM'];

const AUTO_DAYS = [...DAYS, ...NAMED_DAYS];
const withTimes = (days: readonly string[], times: readonly string[]): string[] =>
  days.flatMap((day) => [day, ...times.map((time) => `${day} ${time}`)]);
const withOffsets = (formats: readonly string[]): string[] =>
  formats.flatMap((format) => [format, `${format}OF`, `${format} OF`]);

const epoch =
  (perSecond: number): ReadMoment =>
  (text) => {
    if (!/^-?\d+(\.\d+)?$/.test(text)) return undefined;
    const micros = Math.round(Number(text) * (1_000_000 / perSecond));
    const millis = Math.floor(micros / 1000);
    if (Math.abs(millis) > 8.64e15) return undefined;
    return new Date(millis)
      .toISOString()
      .replace('T', ' ')
      .replace('Z', String(micros - millis * 1000).padStart(3, '0'));
  };

const isAuto = (format: string): boolean => format.toLowerCase() === 'auto';

/** How DATE columns are read. Without a format only `YYYY-MM-DD`. */
export const readDay = (format = 'YYYY-MM-DD'): ReadMoment => {
  const read = isAuto(format) ? readAnyFormat(withTimes(AUTO_DAYS, TIMES)) : readFormat(format);
  return (text) => read(text)?.slice(0, 10);
};

/** How TIMESTAMP and TIMESTAMPTZ columns are read. Without a format only `YYYY-MM-DD HH:MI:SS`, of which the time may be missing. */
export const readTimestamp = (format: string | undefined, hasZone: boolean): ReadMoment => {
  if (format?.toLowerCase() === 'epochsecs') return epoch(1);
  if (format?.toLowerCase() === 'epochmillisecs') return epoch(1000);
  if (format !== undefined && !isAuto(format)) return readFormat(format);
  const formats =
    format === undefined
      ? ['YYYY-MM-DD HH:MI:SS', 'YYYY-MM-DD HH:MI', 'YYYY-MM-DD']
      : [...withTimes(AUTO_DAYS, TIMES), 'YYYY-MM-DDTHH:MI:SS', 'YYYY-MM-DDTHH:MI', 'YYYYMMDDTHHMISS'];
  return readAnyFormat(hasZone || format !== undefined ? withOffsets(formats) : formats);
};
