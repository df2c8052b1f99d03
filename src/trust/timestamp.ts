/**
 * The times in `valid-after` and `valid-before` of ssh-keygen(1): `YYYYMMDD`, `YYYYMMDDHHMM` or
 * `YYYYMMDDHHMMSS`, in the time zone of the machine. With `Z` or `UTC` behind, they are in UTC.
 */

const FORM = /^([0-9]{4})([0-9]{2})([0-9]{2})(?:([0-9]{2})([0-9]{2})([0-9]{2})?)?(Z|UTC)?$/i;

/**
 * In Unix seconds. Undefined if it has another form, is before 1970, or names a day or an hour that is none:
 * OpenSSH takes February 30 for a day in March.
 */
export function parseTimestamp(text: string): number | undefined {
  const match = FORM.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7)
    .map((digits) => Number(digits ?? 0));
  const utc = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const written = text.slice(0, 8).replace(/^(....)(..)(..)$/, "$1-$2-$3");
  const isReal = year >= 1970 && hour < 24 && minute < 60 && second < 60 &&
    utc.toISOString().startsWith(`${written}T`);
  if (!isReal) return undefined;
  const time = match[7] === undefined
    ? new Date(year, month - 1, day, hour, minute, second).getTime()
    : utc.getTime();
  return time > 0 ? time / 1000 : undefined;
}
