// Opens pages in a real browser and prints, as JSON, what is wrong with each of them:
//
//	node browser.cjs MODULES BROWSER PICTURES PAGE...
//
// MODULES is a folder with node_modules, PICTURES a folder for screenshots or "". Every page is opened on a phone and on a
// desk, in light and in dark, as it is and with everything unfolded.
"use strict";
const { createRequire } = require("node:module");
const { readFileSync } = require("node:fs");
const path = require("node:path");
const { pathToFileURL } = require("node:url");

const [modules, executablePath, pictures, ...pages] = process.argv.slice(2);
const from = createRequire(path.join(path.resolve(modules), "package.json"));
const puppeteer = from("puppeteer-core");
const axe = readFileSync(from.resolve("axe-core/axe.min.js"), "utf8");

const overflow = () => {
	const wrong = [];
	if (document.documentElement.scrollWidth > window.innerWidth) wrong.push(`the page is ${document.documentElement.scrollWidth} pixels wide`);
	for (const e of document.querySelectorAll("body *")) {
		const box = e.getBoundingClientRect();
		if (box.width && box.right > window.innerWidth + 1 && !e.closest(".scroll") && getComputedStyle(e).position !== "absolute")
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

// look opens a page in a width, and says what is wrong in light, in dark and on paper.
async function look(browser, file, width) {
	const page = await browser.newPage();
	const url = pathToFileURL(path.resolve(file)).href;
	const live = [], out = [];
	page.on("console", (m) => live.push(`console: ${m.text()}`));
	page.on("pageerror", (e) => live.push(`error: ${e.message}`));
	page.on("request", (r) => r.url() !== url && !r.url().startsWith("data:") && live.push(`request: ${r.url()}`));
	page.on("dialog", (d) => (live.push(`dialog: ${d.message()}`), d.dismiss()));
	await page.setViewport({ width, height: 800 });
	await page.goto(url, { waitUntil: "load" });
	const plots = await page.evaluate(() => document.querySelectorAll("svg.plot.wide").length);
	const shown = () => page.evaluate(() => [...document.querySelectorAll("svg.plot")].filter((s) => s.getBoundingClientRect().width).length);
	const unfold = (open) => page.evaluate((open) => document.querySelectorAll("details").forEach((d) => (d.open = open)), open);
	for (const scheme of ["light", "dark"]) {
		const wrong = [];
		await unfold(false);
		await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
		if ((await shown()) !== plots) wrong.push(`${await shown()} of ${plots} plots are shown`);
		wrong.push(...(await page.evaluate(overflow)), ...(await page.evaluate(overlap)));
		if (pictures) await page.screenshot({ path: path.join(pictures, `${path.basename(file, ".html")}-${width}-${scheme}.png`), fullPage: true });
		await unfold(true);
		wrong.push(...(await page.evaluate(overflow)).map((w) => `unfolded: ${w}`));
		if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
		const found = await page.evaluate(() => axe.run({ resultTypes: ["violations"] }));
		for (const v of found.violations) wrong.push(`axe: ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200)).join(" ; ")}`);
		const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
		out.push({ page: path.basename(file), width, scheme, plots, rules: found.passes.length, background, wrong });
	}
	const elements = await page.evaluate(() => [...new Set([...document.querySelectorAll("*")].map((e) => e.tagName.toLowerCase()))].sort());
	await page.emulateMediaType("print");
	if ((await shown()) !== plots) live.push(`${await shown()} of ${plots} plots are printed`);
	await page.close();
	for (const o of out) (o.elements = elements), (o.wrong = [...new Set([...o.wrong, ...live])]);
	return out;
}

(async () => {
	const browser = await puppeteer.launch({ executablePath, headless: true, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--force-color-profile=srgb"] });
	const out = [];
	try {
		for (const file of pages)
			for (const width of [360, 1280]) out.push(...(await look(browser, file, width)));
	} finally {
		await browser.close();
	}
	process.stdout.write(JSON.stringify(out));
})().catch((e) => {
	console.error(e);
	process.exit(1);
});
