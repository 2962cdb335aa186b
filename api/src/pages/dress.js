// How a product looks: the catalog has names and prices, but no pictures. Knows no cart and no page.

/** The sample products' drawings and words; any other product is a parcel. */
const LOOKS = {
  prod_1: { art: "art-tee", words: "Heavyweight organic cotton" },
  prod_2: { art: "art-jeans", words: "Straight leg, washed once" },
  prod_456: { art: "art-print", words: "Relaxed, printed by hand" },
  prod_11: { art: "art-sneaker", words: "Canvas, stitched sole" },
  prod_12: { art: "art-tote", words: "Vegetable-tanned leather" },
  prod_13: { art: "art-mug", words: "Speckled enamel, 350 ml" },
  prod_14: { art: "art-lamp", words: "Brass, warm and dimmable", colour: "brass" },
  prod_15: { art: "art-shirt", words: "Washed linen, two pockets" },
  prod_16: { art: "art-beanie", words: "Merino, ribbed" },
  prod_17: { art: "art-matcha", words: "Bowl and whisk from Uji", colour: "jade" },
  prod_18: { art: "art-vase", words: "Stoneware, thrown in pairs", colour: "rust" },
  prod_19: { art: "art-notebook", words: "192 pages that lie flat" },
};
const PARCEL = { art: "art-parcel", words: "", colour: "sand" };

/** The colours goods.css knows. */
const COLOURS = [
  "red",
  "rust",
  "tan",
  "brass",
  "sand",
  "cream",
  "white",
  "moss",
  "forest",
  "jade",
  "blue",
  "navy",
  "grey",
  "black",
];

/** The drawing, the words and the colour of a product in a variant. */
export function look(productID, variantID) {
  const { art, words, colour } = LOOKS[productID] ?? PARCEL;
  const parts = variantID.toLowerCase().split(/[^a-z]+/);
  return { art, words, colour: COLOURS.find((name) => parts.includes(name)) ?? colour ?? null };
}
