// Prunes GitHub's published OpenAPI description, as in the npm package @octokit/openapi, to the operations that
// this project uses, and writes it, gzipped, to where github/githubtest/contract reads it.
//
//   node scripts/openapi/prune.mjs            fetches the package with npm
//   node scripts/openapi/prune.mjs FILE.json  takes api.github.com.json from it
//
// An operation is kept whole with everything that it refers to, but for texts, examples and GitHub's own
// extensions. Add a line to `operations` when the client learns a new one, and run it again.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const version = "23.0.2";
const out = join(dirname(fileURLToPath(import.meta.url)), "../../github/githubtest/contract/openapi.json.gz");

const repo = "/repos/{owner}/{repo}";
const operations = {
  "/app": ["get"],
  "/app-manifests/{code}/conversions": ["post"],
  "/app/hook/deliveries": ["get"],
  "/app/hook/deliveries/{delivery_id}": ["get"],
  "/app/hook/deliveries/{delivery_id}/attempts": ["post"],
  "/app/installations": ["get"],
  "/app/installations/{installation_id}": ["get"],
  "/app/installations/{installation_id}/access_tokens": ["post"],
  "/installation/repositories": ["get"],
  "/user": ["get"],
  "/user/installations": ["get"],
  "/user/installations/{installation_id}/repositories": ["get"],
  [repo]: ["get"],
  [`${repo}/actions/artifacts/{artifact_id}/{archive_format}`]: ["get"],
  [`${repo}/actions/runs/{run_id}`]: ["get"],
  [`${repo}/actions/runs/{run_id}/artifacts`]: ["get"],
  [`${repo}/actions/runs/{run_id}/cancel`]: ["post"],
  [`${repo}/actions/workflows/{workflow_id}/dispatches`]: ["post"],
  [`${repo}/actions/workflows/{workflow_id}/runs`]: ["get"],
  [`${repo}/branches/{branch}`]: ["get"],
  [`${repo}/check-runs`]: ["post"],
  [`${repo}/check-runs/{check_run_id}`]: ["get", "patch"],
  [`${repo}/collaborators/{username}/permission`]: ["get"],
  [`${repo}/commits/{ref}`]: ["get"],
  [`${repo}/commits/{commit_sha}/pulls`]: ["get"],
  [`${repo}/commits/{ref}/check-runs`]: ["get"],
  [`${repo}/compare/{basehead}`]: ["get"],
  [`${repo}/git/blobs/{file_sha}`]: ["get"],
  [`${repo}/git/commits`]: ["post"],
  [`${repo}/git/commits/{commit_sha}`]: ["get"],
  [`${repo}/git/ref/{ref}`]: ["get"],
  [`${repo}/git/refs`]: ["post"],
  [`${repo}/git/refs/{ref}`]: ["patch"],
  [`${repo}/git/trees`]: ["post"],
  [`${repo}/git/trees/{tree_sha}`]: ["get"],
  [`${repo}/issues/comments/{comment_id}`]: ["get", "patch", "delete"],
  [`${repo}/issues/comments/{comment_id}/reactions`]: ["post"],
  [`${repo}/issues`]: ["get", "post"],
  [`${repo}/issues/{issue_number}`]: ["patch"],
  [`${repo}/issues/{issue_number}/comments`]: ["get", "post"],
  [`${repo}/pulls/{pull_number}`]: ["get"],
  [`${repo}/pulls/{pull_number}/files`]: ["get"],
  [`${repo}/rules/branches/{branch}`]: ["get"],
  [`${repo}/statuses/{sha}`]: ["post"],
  [`${repo}/tarball/{ref}`]: ["get"],
};

function published() {
  if (process.argv[2]) return readFileSync(process.argv[2], "utf8");
  const dir = mkdtempSync(join(tmpdir(), "openapi-"));
  try {
    execFileSync("npm", ["pack", "--silent", `@octokit/openapi@${version}`], { cwd: dir, stdio: ["ignore", "ignore", "inherit"] });
    const file = "package/generated/api.github.com.json";
    execFileSync("tar", ["xzf", `octokit-openapi-${version}.tgz`, file], { cwd: dir });
    return readFileSync(join(dir, file), "utf8");
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const texts = new Set(["description", "summary", "example", "examples", "externalDocs", "tags", "operationId", "title", "deprecated"]);

// plain drops texts. Below "properties" the keys are names of fields, which may be called like a text.
function plain(node, names = false) {
  if (Array.isArray(node)) return node.map((v) => plain(v));
  if (node === null || typeof node !== "object") return node;
  const kept = {};
  for (const [key, value] of Object.entries(node)) {
    if (!names && (texts.has(key) || key.startsWith("x-"))) continue;
    if (!names && (key === "enum" || key === "required" || key === "default")) kept[key] = value;
    else kept[key] = plain(value, !names && ["properties", "paths", "responses", "headers", "content", "schemas", "parameters"].includes(key));
  }
  // The format demands a description of a response.
  if (!names && ("content" in node || "headers" in node) && "description" in node) kept.description = "";
  return kept;
}

const doc = JSON.parse(published());
const needed = new Map();
function follow(node) {
  if (Array.isArray(node)) return node.forEach(follow);
  if (node === null || typeof node !== "object") return;
  for (const [key, value] of Object.entries(node)) {
    if (key !== "$ref" || typeof value !== "string") {
      follow(value);
      continue;
    }
    if (needed.has(value)) continue;
    const [, , kind, name] = value.split("/");
    const target = plain(doc.components[kind][name]);
    if (kind === "responses") target.description = "";
    needed.set(value, target);
    follow(target);
  }
}

const paths = {};
for (const [path, methods] of Object.entries(operations)) {
  paths[path] = {};
  for (const method of methods) {
    const operation = doc.paths[path]?.[method];
    if (!operation) throw new Error(`${method} ${path} is not in the description`);
    const kept = plain(operation);
    for (const response of Object.values(kept.responses)) if (!response.$ref) response.description = "";
    paths[path][method] = kept;
    follow(kept);
  }
}
const components = {};
for (const ref of [...needed.keys()].sort()) {
  const [, , kind, name] = ref.split("/");
  (components[kind] ??= {})[name] = needed.get(ref);
}
const pruned = {
  openapi: doc.openapi,
  info: { title: "GitHub, pruned", version: doc.info.version, license: doc.info.license, "x-source": `@octokit/openapi ${version}, MIT` },
  paths,
  components,
};
const text = JSON.stringify(pruned);
const packed = gzipSync(text, { level: 9 });
packed[9] = 255; // the system that it was made on: the same file everywhere
writeFileSync(out, packed);
console.log(`${Object.keys(paths).length} paths, ${needed.size} components, ${text.length} bytes, ${packed.length} packed`);
