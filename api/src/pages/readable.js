// Amounts and JSON for a reader. Computes nothing.

import { formatMoney } from "./cartstream/index.js";

/** An amount as this reader writes it; nothing where it is not known or there is no currency. */
export const money = (amount, currency) =>
  amount !== null && currency ? formatMoney(amount, currency, navigator.language) : "";

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
