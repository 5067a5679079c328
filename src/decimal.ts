// Numbers as the tables hold them: decimal, up to 38 digits, exponents from -130 to 125. A double holds only some of them,
// and one that is rounded while it is read does not come back as it lies there.

const DECIMAL = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/;

/** One text for each number, whatever way it is written; undefined for what is no number. */
export function canonicalDecimal(text: string): string | undefined {
  const [matched, sign = '', whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? [];
  if (matched === undefined || whole + fraction === '') return undefined;
  const significant = (whole + fraction).replace(/^0+/, '');
  const digits = significant.replace(/0+$/, '');
  if (digits === '') return '0';
  const scale = Number(exponent) - fraction.length + significant.length - digits.length;
  return `${sign === '-' ? '-' : ''}${digits}e${scale}`;
}

/**
 * Far below what cannot be written any more: versions, sequences and beats are raised by one from whatever a hand made
 * of them, and a row whose next version cannot be written is one that nobody writes again.
 */
const HELD_MAX = 2 ** 53 - 2 ** 32;

/**
 * The number as JavaScript has it, if that is exactly the one in the text and small enough to be counted on from;
 * otherwise undefined.
 */
export function exactNumber(text: string): number | undefined {
  const number = Number(text);
  if (text === '' || !(Math.abs(number) <= HELD_MAX)) return undefined;
  return canonicalDecimal(String(number)) === canonicalDecimal(text) ? number : undefined;
}
