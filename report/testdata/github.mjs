// Renders Markdown as GitHub does and prints, as JSON, what came of each file:
//
//	node github.mjs MODULES FILE...
//
// MODULES is a folder with node_modules. The sanitizer has the schema that GitHub publishes; charts go through Mermaid's own
// parser.
import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [modules, ...files] = process.argv.slice(2);
const load = (name) => {
	const dir = path.join(path.resolve(modules), "node_modules", name);
	const about = JSON.parse(readFileSync(path.join(dir, "package.json"), "utf8"));
	let entry = about.exports?.["."] ?? about.exports ?? about.main;
	while (typeof entry === "object") entry = entry.import ?? entry.default;
	return import(pathToFileURL(path.join(dir, entry)).href);
};

const { JSDOM } = await load("jsdom");
const { window } = new JSDOM("<!DOCTYPE html><body></body>");
globalThis.window = window;
globalThis.document = window.document;
const mermaid = (await load("mermaid")).default;
mermaid.initialize({ startOnLoad: false });
const { unified } = await load("unified");
const { visit } = await load("unist-util-visit");
const plugins = {};
for (const name of ["remark-parse", "remark-gfm", "remark-rehype", "rehype-raw", "rehype-sanitize"]) plugins[name] = (await load(name)).default;

const text = (node) => node.value ?? (node.children ?? []).map(text).join("");
const tags = (tree) => {
	const out = {};
	visit(tree, "element", (e) => void (out[e.tagName] = (out[e.tagName] ?? 0) + 1));
	return out;
};

const out = [];
for (const file of files) {
	const raw = unified().use(plugins["remark-parse"]).use(plugins["remark-gfm"]).use(plugins["remark-rehype"], { allowDangerousHtml: true }).use(plugins["rehype-raw"]);
	const before = await raw.run(raw.parse(readFileSync(file, "utf8")));
	const after = await unified().use(plugins["rehype-sanitize"]).run(structuredClone(before));
	const links = [], charts = [], open = [];
	visit(after, "element", (e) => {
		if (e.tagName === "a") links.push(e.properties.href ?? "");
		if (e.tagName === "details" && e.properties.open !== undefined) open.push(text(e.children[0]));
		if (e.tagName === "code" && [e.properties.className].flat().includes("language-mermaid")) charts.push(text(e));
	});
	const wrong = [];
	for (const c of charts)
		try {
			const { diagramType } = await mermaid.parse(c);
			if (!/^xychart/.test(diagramType)) wrong.push(`a chart of type ${diagramType}`);
		} catch (e) {
			wrong.push(`${String(e).slice(0, 300)} in ${c}`);
		}
	out.push({ file: path.basename(file), before: tags(before), after: tags(after), text: text(before) === text(after), links, open, charts: charts.length, wrong });
}
process.stdout.write(JSON.stringify(out));
