// What AWS asks for DynamoDB on demand, standard table class, us-east-1: the price list as it is since 1 November 2024,
// in US dollars. Storage, backups and data transfer are apart.

export const PRICES_AS_OF = '2024-11-01';
const PER_READ_UNIT = 0.125 / 1e6;
const PER_WRITE_UNIT = 0.625 / 1e6;

/** A month of 30 days. */
export const MONTH_MS = 30 * 24 * 3_600_000;

export function dollars(units: { readonly readUnits: number; readonly writeUnits: number }): number {
  return units.readUnits * PER_READ_UNIT + units.writeUnits * PER_WRITE_UNIT;
}
