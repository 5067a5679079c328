// AWS JSON 1.1 on the wire: instants are epoch seconds as floats, absent members are omitted.

/** The JSON text of an output whose instants are Dates. */
export function toWireJson(value: unknown): string {
  return JSON.stringify(withEpochSeconds(value));
}

function withEpochSeconds(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() / 1000;
  if (Array.isArray(value)) return value.map(withEpochSeconds);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withEpochSeconds(member)]));
}
