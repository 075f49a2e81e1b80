// BullMQ on a trivial job: MODULES REDIS_PORT JOBS AT_ONCE. Fills the queue, which is not counted, and prints the
// milliseconds from the worker's start to the last job's end.
import { createRequire } from "node:module";
import path from "node:path";

const [modules, port, jobs, concurrency] = process.argv.slice(2);
const { Queue, Worker } = createRequire(path.join(modules, "package.json"))("bullmq");
const connection = { host: "127.0.0.1", port: Number(port), maxRetriesPerRequest: null };

const queue = new Queue("nothing", { connection, defaultJobOptions: { removeOnComplete: true } });
for (let n = 0; n < Number(jobs); n += 500) {
  await queue.addBulk(Array.from({ length: Math.min(500, Number(jobs) - n) }, (_, at) => ({ name: "nothing", data: { n: n + at } })));
}
let done = 0;
let finished;
const all = new Promise((resolve) => (finished = resolve));
const begun = performance.now();
const worker = new Worker("nothing", async () => {}, { connection, concurrency: Number(concurrency) });
worker.on("completed", () => ++done === Number(jobs) && finished());
await all;
console.log(performance.now() - begun);
await worker.close();
await queue.close();
