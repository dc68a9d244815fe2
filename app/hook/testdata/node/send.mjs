// Sends every example payload of @octokit/webhooks-examples to URL, signed by @octokit/webhooks-methods with SECRET, eight at a
// time, and writes one line of JSON for each: the event, the action, its number and the status of the answer. INSTALLATION is put
// into each payload where it is not empty, as an App's webhooks have one.
import { readFile } from "node:fs/promises";
import { sign } from "@octokit/webhooks-methods";

const { URL: url, SECRET: secret, INSTALLATION: installation } = process.env;
const events = JSON.parse(await readFile(new globalThis.URL("node_modules/@octokit/webhooks-examples/api.github.com/index.json", import.meta.url), "utf8"));
const jobs = [];
for (const { name, examples } of events) {
  examples.forEach((example, number) => {
    const payload = installation ? { ...example, installation: { ...example.installation, id: Number(installation) } } : example;
    jobs.push({ name, action: example.action ?? "", number, body: JSON.stringify(payload) });
  });
}

async function post({ name, action, number, body }, signature) {
  const answer = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "user-agent": "GitHub-Hookshot/example",
      "x-github-event": name,
      "x-github-delivery": `${name.replaceAll("_", "-")}-${number}-${installation}`,
      "x-hub-signature-256": signature ?? (await sign(secret, body)),
    },
    body,
  });
  await answer.arrayBuffer();
  return answer.status;
}

let next = 0;
async function worker() {
  while (next < jobs.length) {
    const job = jobs[next++];
    const wrong = await sign(secret + "x", job.body);
    console.log(JSON.stringify({ event: job.name, action: job.action, number: job.number, status: await post(job), wrong: await post(job, wrong) }));
  }
}
await Promise.all(Array.from({ length: 8 }, worker));
