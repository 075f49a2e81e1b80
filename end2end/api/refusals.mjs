// What the API refuses, against its own document and at the usual limits: every operation without a key and with one that is
// none, every operation that changes something with a key that may only read, and one key that asks too often.
import { exchange, pause } from "../chaos/http.mjs";

const METHODS = ["get", "post", "patch", "put", "delete"];
/** Past any share that a key may have: the refusal must have come by then. */
const ASKED_MOST = 1_000;

/** All operations of the document, with addresses that can be asked, and whether they want a key. */
export function operations(document) {
  // A requirement that requires nothing lets everybody in (OpenAPI 3.1, Security Requirement Object).
  const wantsKey = (security) => security?.length > 0 && security.every((one) => Object.keys(one).length > 0);
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({
      name: `${method.toUpperCase()} ${path}`, method, path: path.replace(/\{[^}]+\}/g, "00000000-0000-7000-8000-000000000000"), responses: item[method].responses,
      wantsKey: wantsKey(item[method].security ?? document.security),
    })),
  );
}

const ask = (origin, operation, key) =>
  exchange({
    method: operation.method.toUpperCase(), url: `${origin}${operation.path}`,
    headers: { ...(key === undefined ? {} : { authorization: `Bearer ${key}` }), "content-type": "application/json" },
    body: operation.method === "get" || operation.method === "delete" ? undefined : "{}",
  });

/** Throws unless this is the refusal that the document tells of: its status, its headers, its body. */
function expect(document, operation, answer, status, code) {
  const wrong = (why) => new Error(`${operation.name}: ${why}: ${answer.status} ${answer.body.slice(0, 300)}`);
  if (answer.status !== status) throw wrong(`${status} was expected`);
  const told = operation.responses[status];
  if (!told) throw wrong(`the document tells of no ${status}`);
  for (const name of Object.keys(told.headers ?? {})) if (!answer.headers[name.toLowerCase()]) throw wrong(`no ${name}`);
  const kind = Object.keys(told.content)[0];
  if (!answer.headers["content-type"]?.startsWith(kind)) throw wrong(`not ${kind}`);
  const body = JSON.parse(answer.body);
  const schema = document.components.schemas[told.content[kind].schema.$ref.split("/").at(-1)];
  for (const field of schema.required) if (!(field in body)) throw wrong(`${field} is missing`);
  for (const field of Object.keys(body)) if (!(field in schema.properties)) throw wrong(`${field} is not in the document`);
  if (body.code !== code) throw wrong(`${code} was expected`);
}

/** Runs the whole of it; what was met, in words. `read` and `spent` are keys that read; the second is used up. */
export async function checkRefusals(origin, { read, spent }) {
  const document = JSON.parse((await exchange({ url: `${origin}/api/v1/openapi.json` })).body);
  const [all, open] = [true, false].map((wanted) => operations(document).filter(({ wantsKey }) => wantsKey === wanted));
  const writes = all.filter((operation) => operation.method !== "get");
  if (all.length < 10 || writes.length < 4) throw new Error(`the document has only ${all.length} operations, ${writes.length} of them change something`);
  for (const operation of all) {
    for (const key of [undefined, `vk_${"a".repeat(43)}`]) expect(document, operation, await ask(origin, operation, key), 401, "unauthorized");
  }
  if (open.some(({ method }) => method !== "get")) throw new Error("something can be changed without a key");
  for (const operation of open) {
    const { status } = await ask(origin, operation);
    if (!(status in operation.responses) || status === 401) throw new Error(`${operation.name} is said to be open: ${status}`);
  }
  for (const operation of writes) expect(document, operation, await ask(origin, operation, read), 403, "forbidden");
  const reading = all.find((operation) => operation.name === "GET /api/v1/endpoints");
  let asked = 0;
  let answer;
  do {
    answer = await ask(origin, reading, spent);
    asked += 1;
  } while (answer.status === 200 && asked < ASKED_MOST);
  expect(document, reading, answer, 429, "too_many");
  const seconds = Number(answer.headers["retry-after"]);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 3_600) throw new Error(`Retry-After: ${answer.headers["retry-after"]}`);
  const other = await ask(origin, reading, read);
  if (other.status !== 200) throw new Error(`another key is refused for it: ${other.status}`);
  await pause(seconds * 1_000);
  const again = await ask(origin, reading, spent);
  if (again.status !== 200) throw new Error(`refused after the ${seconds} s that it was told to wait: ${again.status}`);
  return `${all.length} operations answered 401 without a key and with a false one, ${writes.length} that change something 403 to a key that reads; ` +
    `${open.length} are open to anybody; 429 at request ${asked} of one key, Retry-After ${seconds} s, and let in after them`;
}
