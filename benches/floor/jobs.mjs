// Node's graphile-worker on a trivial job: MODULES DATABASE JOBS AT_ONCE. Prints the milliseconds from the runner's start to
// the last job's end; with no jobs it only brings its schema up to date and makes its task known.
import path from "node:path";
import { pathToFileURL } from "node:url";

const [modules, connectionString, jobs, concurrency] = process.argv.slice(2);
const { run, runMigrations, makeWorkerUtils, Logger } = await import(pathToFileURL(path.join(modules, "node_modules/graphile-worker/dist/index.js")));
const logger = new Logger(() => () => {});

await runMigrations({ connectionString, logger });
if (jobs === "0") {
  const utils = await makeWorkerUtils({ connectionString, logger });
  await utils.withPgClient((client) => client.query("insert into graphile_worker._private_tasks (identifier) values ('nothing') on conflict do nothing"));
  await utils.release();
  console.log(0);
} else {
  let done = 0;
  let finished;
  const all = new Promise((resolve) => (finished = resolve));
  const nothing = async () => {
    if (++done === Number(jobs)) finished();
  };
  const begun = performance.now();
  const runner = await run({ connectionString, logger, concurrency: Number(concurrency), noHandleSignals: true, maxPoolSize: Number(concurrency) + 2, taskList: { nothing } });
  await all;
  console.log(performance.now() - begun);
  await runner.stop();
}
