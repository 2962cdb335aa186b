// Someone at the page: sees what it shows, presses what can be pressed, and notices whatever a
// well-behaved page does not do. Knows no test.

import assert from "node:assert/strict";

/** How long anything may take to show: far more than it takes on a busy machine. */
const SHOWS_WITHIN = 20_000;

/**
 * Runs in the page before its own scripts: counts violations and movements, and lets a test lose,
 * repeat and hold back frames.
 */
function prepare() {
  window.moved = 0;
  for (const kind of ["animationstart", "transitionstart"]) {
    addEventListener(kind, () => (window.moved += 1), true);
  }
  const { animate } = Element.prototype;
  Element.prototype.animate = function (...args) {
    window.moved += 1;
    return animate.apply(this, args);
  };
  window.violations = [];
  addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample }) =>
    window.violations.push(`${violatedDirective} ${blockedURI} ${sample}`),
  );
  window.sockets = [];
  window.WebSocket = class extends WebSocket {
    /** How often the next event is heard: 0 loses it. */
    times = 1;
    /** What is held back, to be heard at `release`; null while nothing is. */
    held = null;
    /** The types of the frames that came. */
    came = [];
    constructor(...args) {
      super(...args);
      window.sockets.push(this);
    }
    addEventListener(type, listener) {
      super.addEventListener(type, (event) => {
        const frame = type === "message" ? JSON.parse(event.data).type : null;
        if (frame) this.came.push(frame);
        const isEvent = frame === "cart_event";
        const times = isEvent ? this.times : 1;
        if (isEvent) this.times = 1;
        const heard = this.held ? () => this.held.push([listener, event]) : () => listener(event);
        for (let time = 0; time < times; time += 1) heard();
      });
    }
    release() {
      const held = this.held;
      this.held = null;
      held.forEach(([listener, event]) => listener(event));
    }
  };
}

/** A page of its own, with nothing remembered from other tests. */
export class Visitor {
  /** What went wrong on the page. */
  complaints = [];
  /** The frames that brought events to the page's own client, as they came. */
  frames = [];
  /** Statuses a test expects, which Chromium reports as errors. */
  expected = new Set();

  /** Opens whatever page. */
  static async open(world, path, viewport = { width: 1440, height: 1100 }) {
    const visitor = new Visitor();
    visitor.origin = world.server.origin;
    visitor.context = await world.browser.createBrowserContext();
    visitor.page = await visitor.context.newPage();
    await visitor.#watch();
    await visitor.page.setViewport(viewport);
    await visitor.page.evaluateOnNewDocument(prepare);
    await visitor.page.goto(visitor.origin + path);
    return visitor;
  }

  /** Opens the shop, and waits until it is live. */
  static async visit(world, path, viewport) {
    const visitor = await Visitor.open(world, path, viewport);
    await visitor.eventually("both devices are live", async () => {
      const states = (await visitor.devices()).map(({ state }) => state);
      return states.length === 2 && states.every((state) => state === "live");
    });
    return visitor;
  }

  async #watch() {
    const { page } = this;
    page.on("pageerror", (error) => this.complaints.push(`error: ${error.message}`));
    page.on("console", (message) => {
      const expected = [...this.expected].some((text) => message.text().includes(text));
      if (["error", "warn"].includes(message.type()) && !expected) {
        this.complaints.push(`console: ${message.text()}`);
      }
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(`${this.origin}/`))
        this.complaints.push(`request: ${request.url()}`);
    });
    const network = await page.createCDPSession();
    await network.send("Network.enable");
    const sockets = [];
    network.on("Network.webSocketCreated", ({ requestId, url }) => {
      sockets.push(requestId);
      if (new URL(url).host !== new URL(this.origin).host) this.complaints.push(`socket: ${url}`);
    });
    network.on("Network.webSocketFrameReceived", ({ requestId, response }) => {
      // The devices connect first, the page's own client last.
      const isPage = requestId === sockets[2];
      if (isPage && response.payloadData.includes("cart_event"))
        this.frames.push(response.payloadData);
    });
  }

  /** Waits until `holds` answers something true, and answers that. */
  async eventually(what, holds) {
    const until = Date.now() + SHOWS_WITHIN;
    for (;;) {
      const held = await holds();
      if (held) return held;
      assert.ok(
        Date.now() < until,
        `it never came about that ${what}: ${JSON.stringify(await this.devices())}`,
      );
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** What each device shows. */
  devices() {
    return this.page.$$eval(".device", (devices) =>
      devices.map((device) => ({
        state: device.dataset.state,
        isBusy: device.ariaBusy === "true",
        version: Number(device.dataset.version ?? -1),
        count: device.querySelector(".count").textContent,
        total: device.querySelector(".total").textContent,
        lines: [...device.querySelectorAll(".line")].map((line) => ({
          name: line.querySelector(".name").textContent,
          kind: line.querySelector(".kind").textContent,
          quantity: Number(line.querySelector("output").value),
          price: line.querySelector(".price").textContent,
          isBusy: line.ariaBusy === "true",
        })),
      })),
    );
  }

  /**
   * Waits until every device is live and shows the cart at this version with nothing on its way, and
   * answers what they show.
   */
  async see(version) {
    const everywhere = (devices) =>
      devices.every((one) => one.state === "live" && !one.isBusy && one.version === version);
    return this.eventually(`every device shows version ${version}`, async () => {
      const devices = await this.devices();
      return everywhere(devices) && devices;
    });
  }

  /** The entries of the event stream, the newest first. */
  entries() {
    return this.page.$$eval("#events > li", (entries) =>
      entries.map((entry) => ({
        id: entry.dataset.event,
        kind: entry.dataset.kind,
        text: entry.querySelector(".raw")?.textContent,
      })),
    );
  }

  /** Presses something, as a mouse does. */
  async press(selector) {
    const target = await this.page.$(selector);
    assert.ok(target, `there is no ${selector}`);
    await target.click();
  }

  /** Puts one of a product into the cart. */
  async add(product, variant) {
    if (variant) await this.page.select(`[data-product=${product}] select`, variant);
    await this.press(`[data-product=${product}] .add`);
  }

  /** The title and text of the newest message. */
  message() {
    const read = (toast) => ["strong", "p"].map((part) => toast.querySelector(part).textContent);
    return this.eventually("a message appears", () =>
      this.page.$eval(".toast:last-child", read).catch(() => null),
    );
  }

  /** Leaves; whatever the page should not have done fails the test. */
  async leave() {
    const violations = await this.page.evaluate(() => window.violations);
    await this.context.close();
    assert.deepEqual([...this.complaints, ...violations], []);
  }
}

/** The `n`-th device's part. */
export const on = (n, selector) => `.device:nth-of-type(${n}) ${selector}`;
