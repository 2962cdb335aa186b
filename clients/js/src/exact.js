// JSON and money without floats: amounts stay the digits the server sent, and are added up as whole
// minor units. Knows no cart.

/** The fields that hold money, wherever they stand, as JSON writes their names. */
const AMOUNTS = new Set(['"price"', '"currentPrice"', '"total"', '"value"']);
/**
 * A text of JSON and, where it names a number, that number. Texts are taken whole, so that nothing
 * inside of one is taken for a name.
 */
const TEXT = /("[^"\\]*(?:\\.[^"\\]*)*")(?:(\s*:\s*)(-?\d[\d.eE+-]*))?/g;
const PLAIN = /^(\d+)(?:\.(\d+))?$/;

/**
 * Parses JSON and keeps amounts as the text they were sent as: 59.90 is "59.90". Done before
 * `JSON.parse`, since not every engine shows a reviver the digits of a number.
 */
export function parse(text) {
  const kept = (whole, name, colon, number) =>
    number !== undefined && AMOUNTS.has(name) ? `${name}${colon}"${number}"` : whole;
  return JSON.parse(text.replace(TEXT, kept));
}

/** An amount as whole minor units and how many digits they have: "59.90" is 5990n and 2. */
export function minorUnits(amount) {
  const [, whole, part = ""] = (typeof amount === "string" && PLAIN.exec(amount)) || [];
  if (whole === undefined) throw new TypeError(`not an amount: ${amount}`);
  return { units: BigInt(whole + part), digits: part.length };
}

function decimal(units, digits) {
  const text = String(units).padStart(digits + 1, "0");
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** What lines cost together; null if the price of one is not known. */
export function total(lines) {
  if (lines.length === 0) return "0";
  if (lines.some(({ price }) => price === null)) return null;
  const prices = lines.map(({ price }) => minorUnits(price));
  const most = Math.max(...prices.map(({ digits }) => digits));
  const cost = ({ units, digits }, quantity) =>
    units * 10n ** BigInt(most - digits) * BigInt(quantity);
  const sum = lines.reduce((sum, { quantity }, at) => sum + cost(prices[at], quantity), 0n);
  return decimal(sum, most);
}

/**
 * An amount for a reader, with exactly the digits it was sent with: ¥4,200, $59.90. Left alone,
 * `Intl` rounds some currencies whose minor units hardly anyone pays with.
 */
export function formatMoney(amount, currency, locale) {
  const { digits } = minorUnits(amount);
  const style = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(locale, { style: "currency", currency, ...style }).format(amount);
}
