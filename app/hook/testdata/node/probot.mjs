// A probot server on a port of loopback, which it writes in a line. For every webhook that it lets in it writes a line of JSON.
// It ends when its input does.
import { createServer } from "node:http";
import { generateKeyPairSync } from "node:crypto";
import { Probot, createNodeMiddleware } from "probot";

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048, privateKeyEncoding: { type: "pkcs1", format: "pem" }, publicKeyEncoding: { type: "spki", format: "pem" } });
const probot = new Probot({ appId: 77, privateKey, secret: process.env.SECRET, logLevel: "fatal" });
const middleware = await createNodeMiddleware(
  (app) => {
    app.onAny(({ id, name, payload }) => console.log(JSON.stringify({ id, event: name, action: payload.action ?? "", installation: payload.installation?.id ?? 0 })));
  },
  { probot, webhooksPath: "/hook" },
);
const server = createServer(async (request, response) => {
  if (!(await middleware(request, response)) && !response.writableEnded) response.writeHead(404).end();
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.on("end", () => process.exit(0)).resume();
