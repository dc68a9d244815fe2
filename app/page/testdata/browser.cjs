// Signs in to the dashboard in a real browser, looks at its pages, and prints, as JSON, what is wrong with each of them:
//
//	node browser.cjs MODULES BROWSER PICTURES URL EVIL PATH...
//
// MODULES is a folder with node_modules, PICTURES a folder for screenshots or "". Every page is opened on a phone and on a
// desk, in light and in dark. EVIL is a server of somebody else's whose page "/" sends a form of ours.
"use strict";
const { createRequire } = require("node:module");
const { readFileSync } = require("node:fs");
const path = require("node:path");

const [modules, executablePath, pictures, base, evil, ...paths] = process.argv.slice(2);
const from = createRequire(path.join(path.resolve(modules), "package.json"));
const puppeteer = from("puppeteer-core");
const axe = readFileSync(from.resolve("axe-core/axe.min.js"), "utf8");

const overflow = () => {
	const wrong = [];
	if (document.documentElement.scrollWidth > window.innerWidth) wrong.push(`the page is ${document.documentElement.scrollWidth} pixels wide`);
	for (const e of document.querySelectorAll("body *")) {
		const box = e.getBoundingClientRect();
		if (box.width && box.right > window.innerWidth + 1 && !e.closest(".scroll, .tabs") && getComputedStyle(e).position !== "absolute")
			wrong.push(`<${e.tagName.toLowerCase()} class="${e.getAttribute("class")}"> ends at ${Math.round(box.right)}`);
	}
	for (const t of document.querySelectorAll("svg.plot text")) {
		const box = t.getBoundingClientRect(), all = t.closest("svg").getBoundingClientRect();
		if (box.width && (box.left < all.left - 1 || box.right > all.right + 1)) wrong.push(`${JSON.stringify(t.textContent)} leaves its drawing`);
	}
	return wrong;
};

const overlap = () => {
	const wrong = [];
	for (const svg of document.querySelectorAll("svg.plot")) {
		const all = [...svg.querySelectorAll("text")].map((t) => [t, t.getBoundingClientRect()]).filter(([, b]) => b.width);
		for (let i = 0; i < all.length; i++)
			for (let j = i + 1; j < all.length; j++) {
				const [[a, x], [b, y]] = [all[i], all[j]];
				if (x.left < y.right - 1 && y.left < x.right - 1 && x.top < y.bottom - 3 && y.top < x.bottom - 3)
					wrong.push(`${JSON.stringify(a.textContent)} lies on ${JSON.stringify(b.textContent)}`);
			}
	}
	return wrong;
};

// open is a new page with patience for a machine that has other things to do.
async function open(browser) {
	const page = await browser.newPage();
	page.setDefaultTimeout(180000);
	return page;
}

// watched is a page with what it says and asks for.
async function watched(browser) {
	const page = await open(browser), live = [];
	page.on("console", (m) => live.push(`console: ${m.text()}`));
	page.on("pageerror", (e) => live.push(`error: ${e.message}`));
	page.on("request", (r) => !r.url().startsWith(base + "/") && !r.url().startsWith("data:") && live.push(`request: ${r.url()}`));
	page.on("dialog", (d) => (live.push(`dialog: ${d.message()}`), d.dismiss()));
	return [page, live];
}

// look opens a page in a width, and says what is wrong in light and in dark.
async function look(browser, where, width) {
	const [page, live] = await watched(browser), out = [];
	await page.setViewport({ width, height: 800 });
	const res = await page.goto(base + where, { waitUntil: "load" });
	const plots = await page.evaluate(() => document.querySelectorAll("svg.plot.wide").length);
	for (const scheme of ["light", "dark"]) {
		const wrong = [];
		await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
		const shown = await page.evaluate(() => [...document.querySelectorAll("svg.plot")].filter((s) => s.getBoundingClientRect().width).length);
		if (shown !== plots) wrong.push(`${shown} of ${plots} plots are shown`);
		wrong.push(...(await page.evaluate(overflow)), ...(await page.evaluate(overlap)));
		const name = where.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-|-$/g, "") || (res.status() === 200 ? "front" : "signed-out");
		if (pictures) await page.screenshot({ path: path.join(pictures, `${name}-${width}-${scheme}.png`), fullPage: true });
		if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
		const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
		for (const v of found.violations) wrong.push(`axe: ${v.impact}: ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200)).join(" ; ")}`);
		const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
		const heading = await page.evaluate(() => document.querySelector("h1").textContent);
		out.push({ page: where, status: res.status(), heading, width, scheme, plots, rules: found.passes.length, background, wrong });
	}
	await page.close();
	for (const o of out) o.wrong = [...new Set([...o.wrong, ...live])];
	return out;
}

// press follows a link or sends a form, and returns the heading and the message of the page that comes.
async function press(page, selector) {
	await Promise.all([page.waitForNavigation({ waitUntil: "load" }), page.click(selector)]);
	return page.evaluate(() => document.querySelector("h1").textContent + "|" + (document.querySelector("[role=status]")?.textContent ?? ""));
}

// work does by hand what people do, and what others make their browsers do.
async function work(browser) {
	const done = {};
	const page = await open(browser);
	await page.goto(`${base}/i/7/keys`);
	await page.select("select[name=name]", "OPENAI_API_KEY");
	await page.type("input[name=value]", "sk-typed-in-a-browser");
	done.set = await press(page, "form[action$='/keys/set'] button");
	done.there = (await page.content()).includes("OPENAI_API_KEY</code>") && !(await page.content()).includes("sk-typed");
	await page.goto(`${base}/i/7/senders`);
	await page.type("input[name=name][type=text]", "desk of olga");
	done.made = await press(page, "form[action$='/senders/make'] button");
	done.lines = await page.evaluate(() => [...document.querySelectorAll("pre")].filter((p) => p.textContent.includes("pti_shown")).length);
	await page.goto(`${base}/i/7/queue`);
	done.revive = await press(page, "form[action$='/queue/revive'] button");
	for (const host of ["127.0.0.1", "localhost"]) {
		await page.goto(evil.replace("127.0.0.1", host) + "/");
		done[`form from ${host}`] = await press(page, "button");
	}
	await page.goto(`${evil}/frame`, { waitUntil: "load" }); // which waits for the frame, too
	done.frame = page.frames().some((f) => f !== page.mainFrame() && f.url().startsWith(base)) ? "shown" : "refused";
	await page.setJavaScriptEnabled(false);
	await page.goto(`${base}/i/7/reviews`);
	await page.select("select[name=state]", "broken").catch(() => {});
	done.filter = await press(page, "main form button");
	done.filtered = page.url().slice(base.length);
	done.out = await press(page, ".who button");
	await page.close();
	return done;
}

(async () => {
	const browser = await puppeteer.launch({ executablePath, headless: true, timeout: 180000, protocolTimeout: 300000, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--force-color-profile=srgb"] });
	const out = { views: [] };
	try {
		const page = await open(browser);
		await page.goto(`${base}/i/7/reviews?state=ended`);
		out.asked = await page.evaluate(() => document.querySelector("h1").textContent);
		await press(page, ".links .button");
		out.landed = page.url().slice(base.length);
		out.script = await page.evaluate(() => document.cookie);
		await page.close();
		for (const where of paths) for (const width of [360, 1280]) out.views.push(...(await look(browser, where, width)));
		out.done = await work(browser);
		for (const width of [360, 1280]) out.views.push(...(await look(browser, "/", width)));
	} finally {
		await browser.close();
	}
	process.stdout.write(JSON.stringify(out));
})().catch((e) => {
	console.error(e);
	process.exit(1);
});
