// Asks for figures. Amounts and rates stay the digits the server sent; counts are numbers. Shows nothing.

const HOUR = 3_600_000;
/** Numbers that are no counts, by how their names end. */
const EXACT = /"(\w*Value|checkout|conversion|abandonment|recovery)":(-?\d+(?:\.\d+)?)/g;

/** Whoever asks is not known, or may not see these figures. */
export class Refused extends Error {}

/** The figures of some days up to now, by what they are of. */
export async function ask(wanted, signal) {
  const step = wanted.days > 3 ? "day" : "hour";
  const read = reader(wanted, signal);
  const [funnel, abandonment, course] =
    await Promise.all([read("funnel"), read("abandonment"), read("timeseries", { step })]);
  return { funnel, abandonment, course, step };
}

/** The same of products: those left most, sold most, and cheaper than carts remember. */
export async function askProducts(wanted, signal) {
  const read = reader(wanted, signal);
  const orders = ["left", "sold", "cheaper"];
  const [left, sold, cheaper] =
    await Promise.all(orders.map((by) => read("products", { by, limit: 10 })));
  return { left, sold, cheaper };
}

function reader({ days, currency, tenant, token }, signal) {
  const to = new Date();
  const asked = new URLSearchParams({ from: new Date(to - days * 24 * HOUR).toISOString() });
  asked.set("to", to.toISOString());
  if (currency) asked.set("currency", currency);
  if (tenant) asked.set("tenant", tenant);
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  return async (path, more = {}) => {
    const query = new URLSearchParams([...asked, ...Object.entries(more)]);
    return parse(await text(`/api/analytics/${path}?${query}`, { headers, signal }));
  };
}

async function text(url, asked) {
  const answer = await fetch(url, asked);
  if (answer.status === 401 || answer.status === 403) throw new Refused((await answer.json()).detail);
  if (!answer.ok) throw new Error((await answer.json()).detail ?? answer.statusText);
  return answer.text();
}

/** Reads an answer. No text in it looks like an amount's name and number. */
export function parse(json) {
  return JSON.parse(json.replace(EXACT, '"$1":"$2"'));
}
