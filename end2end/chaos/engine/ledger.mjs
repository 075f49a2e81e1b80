// What stands in the end, counted: every promise once, and no more than was promised.

const READ = {
  events: "select provider, account, event_id, state, tenant_id is not null as led from inbound_events",
  posts: "select post_id, title from posts where kind = 'notice' and title like 'הודעה %'",
  lines: "select seq, kind, subject from activity where tenant_id = $1 order by seq",
  messages: "select message_id, sequence, body::json -> 'data' ->> 'title' as title from gateway_messages where tenant_id = $1 order by sequence",
  deliveries: "select message_id, endpoint_id, state from gateway_deliveries where tenant_id = $1",
  jobs: "select t.identifier, j.attempts, j.locked_by, left(j.last_error, 200) as error from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id",
  dead: "select task, left(last_error, 200) as error from jobs_dead where settled is null",
};

/** Reads the books; `db` is anything with pg's `query`. */
export async function read(db, tenant) {
  const facts = {};
  for (const [name, query] of Object.entries(READ)) facts[name] = (await db.query(query, query.includes("$1") ? [tenant] : [])).rows;
  return facts;
}

function group(rows, name) {
  const found = new Map();
  for (const row of rows) found.set(name(row), [...(found.get(name(row)) ?? []), row]);
  return found;
}

const nameOf = (event) => `${event.provider} ${event.account} ${event.event_id ?? event.event}`;

/** The facts so that one item's are at hand. `heard`: for each endpoint {id, came}. */
export function order(facts, heard) {
  return {
    ...facts,
    heard,
    ofEvent: group(facts.events, nameOf),
    ofTitle: group(facts.posts, (post) => post.title),
    ofSubject: group(facts.lines.filter((line) => line.kind === "post.created"), (line) => line.subject),
    told: group(facts.messages, (message) => message.title),
    sent: group(facts.deliveries, (delivery) => `${delivery.message_id} ${delivery.endpoint_id}`),
    arrived: heard.map(({ came }) => group([...came].map(([id, entry]) => ({ id, ...entry })), (entry) => entry.title)),
  };
}

/** What is wrong with one promise, as {lost: [], doubled: []}. One that nobody was answered is no promise yet. */
export function judge(item, books) {
  const wrong = { lost: [], doubled: [] };
  if (item.answered === 0) return { ...wrong, open: true };
  const once = (rows, what) => {
    if (rows.length === 0) wrong.lost.push(`no ${what}`);
    if (rows.length > 1) wrong.doubled.push(`${rows.length} × ${what}`);
    return rows;
  };
  if (item.what === "event") {
    const rows = once(books.ofEvent.get(nameOf(item)) ?? [], `row of the ${item.provider} event ${item.event}`);
    for (const row of rows) {
      if (row.state !== item.ends) wrong.lost.push(`the ${item.provider} event ${item.event} stands as ${row.state}, not ${item.ends}`);
      if (item.account !== "" && !row.led) wrong.lost.push(`the ${item.provider} event ${item.event} was led to nobody`);
    }
    return wrong;
  }
  const posts = once(books.ofTitle.get(item.title) ?? [], `post of ${item.title}`);
  for (const post of posts) once(books.ofSubject.get(post.post_id) ?? [], `line of activity of ${item.title}`);
  const messages = once(books.told.get(item.title) ?? [], `message of ${item.title}`);
  for (const [index, { id: endpoint }] of books.heard.entries()) {
    const ids = once((books.arrived[index].get(item.title) ?? []), `message id at endpoint ${index} of ${item.title}`);
    for (const message of messages) {
      const deliveries = once(books.sent.get(`${message.message_id} ${endpoint}`) ?? [], `delivery to endpoint ${index} of ${item.title}`);
      for (const delivery of deliveries) if (delivery.state !== "delivered") wrong.lost.push(`the delivery to endpoint ${index} of ${item.title} stands as ${delivery.state}`);
      const written = `msg_${message.message_id.replaceAll("-", "")}`;
      if (ids.some(({ id }) => id !== written)) wrong.doubled.push(`endpoint ${index} heard ${item.title} under another id`);
    }
  }
  return wrong;
}

export const stands = (wrong) => !wrong.open && wrong.lost.length === 0 && wrong.doubled.length === 0;

/** What belongs to no single promise: the stream, the queue, and what nobody asked for. */
export function judgeWhole(books, items, listener) {
  const wrong = { lost: [], doubled: [] };
  const expected = books.lines.map((line) => Number(line.seq)).filter((seq) => seq > listener.from);
  const came = new Set(listener.came);
  const gaps = expected.filter((seq) => !came.has(seq));
  if (gaps.length > 0) wrong.lost.push(`the stream never told lines ${gaps.slice(0, 10).join(", ")} (${gaps.length})`);
  const again = listener.came.filter((seq, index) => index > 0 && seq <= listener.came[index - 1]);
  if (again.length > 0) wrong.doubled.push(`the stream told lines again or out of order: ${again.slice(0, 10).join(", ")} (${again.length})`);
  for (const job of books.jobs) wrong.lost.push(`${job.identifier} is left in the queue after ${job.attempts} tries${job.error ? `: ${job.error}` : ""}`);
  for (const job of books.dead) wrong.lost.push(`${job.task} is a dead letter: ${job.error}`);
  for (const [index, message] of books.messages.entries()) if (Number(message.sequence) !== index + 1) {
    wrong.lost.push(`message ${index + 1} of the building is numbered ${message.sequence}`);
    break;
  }
  const [names, titles] = [new Set(items.filter((item) => item.what === "event").map(nameOf)), new Set(items.map((item) => item.title))];
  for (const event of books.events) if (!names.has(nameOf(event))) wrong.doubled.push(`nobody sent ${nameOf(event)}`);
  for (const post of books.posts) if (!titles.has(post.title)) wrong.doubled.push(`nobody wrote ${post.title}`);
  return wrong;
}

/** Everything at once: {rounds: Map of round to what is wrong, whole}. */
export function judgeAll(books, items, listener) {
  const rounds = new Map();
  for (const item of items) {
    const { lost, doubled, open } = judge(item, books);
    const sum = rounds.get(item.round) ?? { lost: [], doubled: [] };
    sum.lost.push(...lost, ...(open ? [`never answered: ${item.title ?? nameOf(item)}`] : []));
    sum.doubled.push(...doubled);
    rounds.set(item.round, sum);
  }
  return { rounds, whole: judgeWhole(books, items, listener) };
}

export function count({ rounds, whole }) {
  const all = [...rounds.values(), whole];
  return { lost: all.reduce((sum, wrong) => sum + wrong.lost.length, 0), doubled: all.reduce((sum, wrong) => sum + wrong.doubled.length, 0) };
}
