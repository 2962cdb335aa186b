// The dashboard: asks again while somebody looks, and shows what it is told.

import { formatMoney } from "../shop/cartstream/exact.js";
import { element } from "../shop/dom.js";
import { ask, askProducts, Refused } from "./ask.js";
import { bar, lines, table } from "./draw.js";

/** How soon a figure is looked at again: it is behind its event by less than that. */
const AGAIN_AFTER = 1000;
/** The same of products: a day of them is sixteen times as many rows to read. */
const PRODUCTS_AFTER = 30_000;
/** For how many times as long as an answer took nothing is asked: a tenth of the time at most is spent on it. */
const REST = 9;

const form = document.querySelector("#asked");
const place = (id) => document.querySelector(`#${id}`);
const number = new Intl.NumberFormat();

let current = new AbortController();
/** What products were asked for last, and when. */
let products = { wanted: "", at: 0 };

function asked() {
  const { days, currency, tenant, token } = form.elements;
  return {
    days: Number(days.value), currency: currency.value,
    tenant: tenant.value.trim(), token: token.value.trim(),
  };
}

function money(amount, currency) {
  return currency ? formatMoney(amount, currency) : amount;
}

/** "0.4123" is 41.23 %. Digits are moved, not reckoned with. */
function percent(rate) {
  if (rate === null) return "–";
  const digits = rate.replace(".", "").replace(/^0+(?=\d{3})/, "");
  return `${digits.slice(0, -2)}.${digits.slice(-2)} %`;
}

function tile(name, value, beside) {
  return element("div", { "data-figure": name },
    element("dt", {}, name), element("dd", {}, value, " ", element("span", { class: "beside" }, beside)));
}

function duration(seconds) {
  if (seconds === null) return "–";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

function showTiles(funnel, abandonment) {
  const { currency } = funnel;
  place("tiles").replaceChildren(
    tile("Carts begun", number.format(funnel.begun), ""),
    tile("Conversion", percent(funnel.rates.conversion), `${number.format(funnel.converted)} paid`),
    tile("Revenue", money(funnel.convertedValue, currency), ""),
    tile("Abandonment", percent(abandonment.rates.abandonment),
      `${abandonment.abandoned.map((tier) => number.format(tier)).join(" / ")} by tier`),
    tile("Left behind", money(abandonment.abandonedValue, currency), ""),
    tile("Recovery", percent(abandonment.rates.recovery),
      `${number.format(abandonment.recovered)} came back`),
    tile("Time to pay", duration(funnel.timeToConvert.meanSeconds), "on average"),
    tile("Expired", number.format(abandonment.expired), ""),
  );
}

function showFunnel({ begun, checkouts, converted, rates }) {
  const step = (name, count, share) => element("li", { "data-step": name },
    name, bar(count, begun), element("span", {}, `${number.format(count)} ${share}`));
  place("funnel").replaceChildren(
    step("Carts begun", begun, ""),
    step("Checkouts", checkouts, `(${percent(rates.checkout)})`),
    step("Paid", converted, `(${percent(rates.conversion)})`),
  );
}

/** Points of every hour or day, those in which nothing happened too. */
function everyPoint({ from, to, figures }, step, currency) {
  const long = step === "day" ? 86_400_000 : 3_600_000;
  const by = new Map(figures.filter((one) => one.currency === currency)
    .map((one) => [Date.parse(one.at), one]));
  const points = [];
  for (let at = Math.floor(Date.parse(from) / long) * long; at < Date.parse(to); at += long) {
    points.push(by.get(at) ?? { begun: 0, abandoned: [0], converted: 0 });
  }
  return points;
}

function showCourse(course, step, currency) {
  const points = everyPoint(course, step, currency);
  const each = [
    { name: "begun", label: "begun", values: points.map((one) => one.begun) },
    { name: "abandoned", label: "abandoned", values: points.map((one) => one.abandoned[0]) },
    { name: "converted", label: "paid", values: points.map((one) => one.converted) },
  ];
  const said = `Carts by the ${step}: begun, abandoned, paid`;
  const legend = ({ name, label }) => element("li", { class: name }, label);
  place("legend").replaceChildren(...each.map(legend));
  const ends = [course.from, course.to].map((end) => element("span", {}, new Date(end).toLocaleString()));
  const most = Math.max(0, ...each.flatMap(({ values }) => values));
  const middle = element("span", {}, `at most ${number.format(most)} in a ${step}`);
  place("course").replaceChildren(lines(each, said), element("p", {}, ends[0], middle, ends[1]));
}

function showProducts({ left, sold, cheaper }) {
  table(place("left"), ["product", "carts", "pieces", "value"], left.figures.map((one) => [
    one.productID, number.format(one.left), number.format(one.leftPieces), money(one.leftValue, one.currency)]));
  table(place("sold"), ["product", "carts", "pieces", "revenue"], sold.figures.map((one) => [
    one.productID, number.format(one.sold), number.format(one.soldPieces), money(one.soldValue, one.currency)]));
  table(place("cheaper"), ["product", "carts told", "left, value"], cheaper.figures.map((one) => [
    one.productID, number.format(one.cheaper), money(one.leftValue, one.currency)]));
}

/** Offers every currency there is; where none is chosen, the one most carts began in. */
function offer(figures) {
  const currencies = figures.toSorted((one, other) => other.begun - one.begun).map((one) => one.currency);
  const select = form.elements.currency;
  const known = [...select.options].map((option) => option.value);
  const codes = [...new Set([...known, ...currencies])].filter(Boolean).sort();
  if (codes.join() === known.join()) return;
  const chosen = select.value || currencies.find(Boolean) || "";
  select.replaceChildren(...codes.map((code) => element("option", { value: code }, code)));
  select.value = chosen;
}

function show(told, currency) {
  const of = (answer) => answer.figures.find((one) => one.currency === currency);
  const [funnel, abandonment] = [of(told.funnel), of(told.abandonment)];
  if (funnel && abandonment) {
    showTiles(funnel, abandonment);
    showFunnel(funnel);
    showCourse(told.course, told.step, currency);
  } else {
    for (const id of ["tiles", "funnel", "legend", "course"]) place(id).replaceChildren();
  }
  const meaning = Object.entries(told.funnel.definitions);
  place("meaning").replaceChildren(...meaning.flatMap(([name, text]) =>
    [element("dt", {}, name), element("dd", {}, text)]));
  place("state").textContent = funnel
    ? `Up to ${new Date().toLocaleTimeString()}, in ${currency}.`
    : "No cart has begun in this time.";
  place("figures").setAttribute("aria-busy", "false");
}

async function lookAtProducts(wanted, signal) {
  const asked = JSON.stringify(wanted);
  if (asked === products.wanted && performance.now() < products.at + PRODUCTS_AFTER) return;
  showProducts(await askProducts(wanted, signal));
  products = { wanted: asked, at: performance.now() };
}

async function look() {
  current.abort();
  current = new AbortController();
  const { signal } = current;
  try {
    const wanted = asked();
    const told = await ask(wanted, signal);
    offer(told.funnel.figures);
    const currency = form.elements.currency.value;
    if (currency !== wanted.currency) return look();
    show(told, currency);
    await lookAtProducts(wanted, signal);
  } catch (error) {
    if (signal.aborted) return;
    place("proof").hidden = place("proof").hidden && !(error instanceof Refused);
    place("state").textContent = `No figures: ${error.message}`;
  }
}

function lookAnew() {
  products = { wanted: "", at: 0 };
  look();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  lookAnew();
});
form.addEventListener("change", lookAnew);

async function watch() {
  const began = performance.now();
  if (document.visibilityState === "visible") await look();
  setTimeout(watch, Math.max(AGAIN_AFTER, REST * (performance.now() - began)));
}
watch();
