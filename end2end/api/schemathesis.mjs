// The public API against its own OpenAPI document: first what it refuses, at the usual limits (refusals.mjs); then
// schemathesis makes requests up, right ones and wrong ones, with one good key and without limits, and fails on a 5xx and on
// whatever the document does not name.
//
//   node end2end/api/schemathesis.mjs [--port 4340] [-- arguments for schemathesis]
//
// VANTERA_BIN names the server, SCHEMATHESIS the program (scripts/schemathesis.sh sets both).
import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { openPartner } from "../chaos/partner.mjs";
import { openBuilding } from "../chaos/visitor.mjs";
import { raise } from "../chaos/world.mjs";
import { checkRefusals } from "./refusals.mjs";

const { values, positionals } = parseArgs({ options: { port: { type: "string", default: "4340" } }, allowPositionals: true });

await within("1", async (world) => {
  const key = await partnersKey(world);
  console.log(await checkRefusals(world.origin, { read: await key("read"), spent: await key("read") }));
});
process.exit(await within("100000", async (world) => check(world, await (await partnersKey(world))("write"))));

/** Does something in a world of its own, with so many times the usual limits. */
async function within(limits, act) {
  const world = await raise({ port: Number(values.port), folder: "vantera-api-", roles: ["all"], env: { VANTERA_LIMITS_FACTOR: limits } });
  try {
    return await act(world);
  } finally {
    await world.stop();
  }
}

/** What makes a key of a scope of a partner that a building has let in. */
async function partnersKey(world) {
  const building = await openBuilding(world, 8, "רחוב הבדיקה 1");
  const { key, letIn } = await openPartner(building.chair);
  await letIn(building, "notice.published");
  return key;
}

function check(world, key) {
  const words = [
    "run", `${world.origin}/api/v1/openapi.json`, "--header", `Authorization: Bearer ${key}`,
    "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance",
    "--seed", "1", "--max-examples", "60", ...positionals,
  ];
  return new Promise((resolve, reject) => spawn(process.env.SCHEMATHESIS, words, { stdio: "inherit", cwd: world.folder }).once("error", reject).once("exit", (ended) => resolve(ended ?? 1)));
}
