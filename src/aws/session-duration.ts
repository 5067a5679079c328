// How long an ISO 8601 duration is, as far as IAM Identity Center uses them for sessions. It never guesses: what it
// cannot read it does not answer.

const DURATION = /^P(?=\d|T\d)(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/**
 * Milliseconds of a duration like PT1H, PT90M or PT1H30M. Undefined for other text, for nothing, and for years, months
 * and weeks, which no session lasts (SessionDuration is 1 to 12 hours: user guide, permission set session duration).
 */
export function parseSessionDurationMs(text: string): number | undefined {
  const parts = DURATION.exec(text);
  if (parts === null) return undefined;
  const [days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0));
  const durationMs =
    (((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60_000 + (seconds ?? 0) * 1000;
  return durationMs > 0 ? durationMs : undefined;
}
