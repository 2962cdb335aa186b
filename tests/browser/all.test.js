// Every browser test, in one process: they share a server and a browser.

import { after } from "node:test";

import * as cart from "./tests/cart.js";
import * as client from "./tests/client.js";
import * as contract from "./tests/contract.js";
import * as events from "./tests/events.js";
import * as figures from "./tests/figures.js";
import * as guests from "./tests/guests.js";
import * as optimism from "./tests/optimism.js";
import * as outage from "./tests/outage.js";
import * as page from "./tests/page.js";
import * as reach from "./tests/reach.js";
import { open } from "./world.js";

const world = await open();
after(() => world.close());
// All at once: the runner takes a pause between tests for the end of them.
for (const { tests } of [cart, client, contract, events, figures, guests, optimism, page, reach, outage]) tests(world);
