// JSON and money without floats: amounts stay the digits the server sent. Computes nothing.

/** The fields that hold money, wherever they stand. */
const MONEY = new Set(["price", "currentPrice", "total"]);

/**
 * Parses JSON and keeps amounts as the text they were sent as: 59.90 stays "59.90".
 * Browsers too old to show a number's source keep the number; `money` then takes the
 * currency's usual digits.
 */
export function parse(text) {
  return JSON.parse(text, (name, value, at) =>
    typeof value === "number" && MONEY.has(name) ? (at?.source ?? value) : value,
  );
}

/**
 * An amount for a reader, with exactly the digits it was sent with: ¥4,200, $59.90. Left alone, a
 * browser rounds some currencies whose minor units hardly anyone pays with.
 */
export function money(amount, currency) {
  const style = { style: "currency", currency };
  if (typeof amount === "string") {
    const digits = amount.split(".")[1]?.length ?? 0;
    style.minimumFractionDigits = digits;
    style.maximumFractionDigits = digits;
  }
  return new Intl.NumberFormat(navigator.language, style).format(amount);
}

/** What JSON is made of: texts, marks, and everything else (numbers and names). */
const TOKEN = /"(?:\\.|[^"\\])*"|[{}[\],:]|[^{}[\],:"\s]+/g;

/**
 * The tokens of a JSON text with the line breaks and indents of a readable one. Numbers keep
 * their digits, since they are never read.
 */
export function* indented(text) {
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  const tokens = text.match(TOKEN) ?? [];
  for (const [index, token] of tokens.entries()) {
    if (token === "{" || token === "[") {
      depth += 1;
      yield { kind: "mark", text: token + line() };
    } else if (token === "}" || token === "]") {
      depth -= 1;
      yield { kind: "mark", text: line() + token };
    } else if (token === ",") {
      yield { kind: "mark", text: token + line() };
    } else if (token === ":") {
      yield { kind: "mark", text: ": " };
    } else if (token.startsWith('"')) {
      yield { kind: tokens[index + 1] === ":" ? "key" : "text", text: token };
    } else {
      yield { kind: "other", text: token };
    }
  }
}
