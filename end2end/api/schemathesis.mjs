// The public API against its own OpenAPI document: schemathesis makes requests up, right ones and wrong ones, and fails on
// a 5xx and on whatever the document does not name.
//
//   node end2end/api/schemathesis.mjs [--port 4340] [-- arguments for schemathesis]
//
// VANTERA_BIN names the server, SCHEMATHESIS the program (scripts/schemathesis.sh sets both).
import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { openBuilding } from "../chaos/visitor.mjs";
import { raise } from "../chaos/world.mjs";

const { values, positionals } = parseArgs({ options: { port: { type: "string", default: "4340" } }, allowPositionals: true });

const world = await raise({ port: Number(values.port), folder: "vantera-api-", roles: ["all"], env: { VANTERA_LIMITS_FACTOR: "100000" } });
let code = 1;
try {
  code = await check(await openPartner());
} finally {
  await world.stop();
}
process.exit(code);

/** A partner that a building has let in, with an endpoint, so that lists are not empty; its key. */
async function openPartner() {
  const building = await openBuilding(world, 8, "רחוב הבדיקה 1");
  const person = building.chair;
  const opened = await person.send("/call/gateway/open", { name: "מגן ביטוח", kind: "insurer" });
  const partner = new URL(opened.location).pathname.split("/").at(-1);
  await person.get(`/partners/${partner}`);
  const made = await person.send("/call/gateway/add_key", { partner, key_name: "schemathesis", scope: "write" });
  const key = (await person.get(made.location)).body.match(/vk_[A-Za-z0-9_-]+/)?.[0];
  if (!key) throw new Error("no key was shown");
  await person.get(`/b/${building.slug}/committee/access`);
  const granted = await person.send("/call/gateway/grant", { building: building.slug, code: partner, "event_types[0]": "notice.published" });
  if (granted.status !== 303) throw new Error(`the partner was not let in: ${granted.status}`);
  return key;
}

function check(key) {
  const words = [
    "run", `${world.origin}/api/v1/openapi.json`, "--header", `Authorization: Bearer ${key}`,
    "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance",
    "--seed", "1", "--max-examples", "60", ...positionals,
  ];
  return new Promise((resolve, reject) => spawn(process.env.SCHEMATHESIS, words, { stdio: "inherit", cwd: world.folder }).once("error", reject).once("exit", (ended) => resolve(ended ?? 1)));
}
