// Holds what a browser downloads to byte budgets: node scripts/budgets.mjs docs/budgets.toml
//
//   [[budget]]
//   name = "first load, WASM"            what it is for, as the report says it
//   files = "target/site/pkg/*.wasm"     "*" stands for any part of a file's name
//   except = "split_*"                   optional: names that do not count
//   encoding = "brotli"                  brotli (the default), gzip or none
//   count = "sum"                        sum (the default) of all matches, or each of them
//   limit_bytes = 60000
//
// A budget that matches no file fails, unless it says optional = true: a renamed file must not pass unmeasured.
import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const KEYS = {
  name: 'string', files: 'string', except: 'string', encoding: 'string',
  count: 'string', limit_bytes: 'number', optional: 'boolean',
};

/** Reads the part of TOML that budgets need: tables named [[budget]] with strings, whole numbers and booleans. */
export function readBudgets(text) {
  const budgets = [];
  text.split('\n').forEach((raw, index) => {
    const line = raw.trim();
    const where = `line ${index + 1}`;
    if (line === '' || line.startsWith('#')) return;
    if (line === '[[budget]]') {
      budgets.push({ encoding: 'brotli', count: 'sum', optional: false });
      return;
    }
    const pair = /^(\w+)\s*=\s*(?:"([^"\\]*)"|([\d_]+)|(true|false))\s*(?:#.*)?$/.exec(line);
    if (!pair || budgets.length === 0) throw new Error(`${where} is not understood: ${line}`);
    const [, key, words, digits, truth] = pair;
    const value = words ?? (digits ? Number(digits.replaceAll('_', '')) : truth === 'true');
    if (KEYS[key] !== typeof value) throw new Error(`${where}: ${key} is not a setting, or not of that kind`);
    budgets.at(-1)[key] = value;
  });
  for (const budget of budgets) {
    if (!budget.name || !budget.files || !budget.limit_bytes) {
      throw new Error(`the budget ${budget.name ?? '?'} needs name, files and limit_bytes`);
    }
    if (!['brotli', 'gzip', 'none'].includes(budget.encoding)) throw new Error(`${budget.name}: no such encoding`);
    if (!['sum', 'each'].includes(budget.count)) throw new Error(`${budget.name}: count is sum or each`);
  }
  return budgets;
}

function matcher(pattern) {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}

function matching({ files, except }) {
  const folder = dirname(files);
  if (!existsSync(folder)) return [];
  const wanted = matcher(basename(files));
  const unwanted = except ? matcher(except) : null;
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && wanted.test(entry.name) && !unwanted?.test(entry.name))
    // Precompressed neighbours are the same file again.
    .filter((entry) => !/\.(br|gz)$/.test(entry.name))
    .map((entry) => join(folder, entry.name))
    .sort();
}

function size(file, encoding) {
  const bytes = readFileSync(file);
  if (encoding === 'none') return bytes.length;
  if (encoding === 'gzip') return gzipSync(bytes, { level: 9 }).length;
  return brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  }).length;
}

function measure(budget) {
  const sizes = matching(budget).map((file) => ({ what: basename(file), bytes: size(file, budget.encoding) }));
  if (sizes.length === 0) return [{ name: budget.name, bytes: 0, ok: budget.optional, note: 'no such file' }];
  const rows = budget.count === 'each'
    ? sizes.map(({ what, bytes }) => ({ name: `${budget.name}: ${what}`, bytes }))
    : [{ name: budget.name, bytes: sizes.reduce((sum, { bytes }) => sum + bytes, 0) }];
  return rows.map((row) => ({ ...row, ok: row.bytes <= budget.limit_bytes, note: '' }));
}

function main(file) {
  let failed = 0;
  for (const budget of readBudgets(readFileSync(file, 'utf8'))) {
    for (const { name, bytes, ok, note } of measure(budget)) {
      const used = `${bytes.toLocaleString('en')} of ${budget.limit_bytes.toLocaleString('en')}`;
      console.log(`${ok ? ' ok ' : 'OVER'}  ${used.padStart(22)} bytes (${budget.encoding})  ${name} ${note}`.trimEnd());
      if (!ok) failed += 1;
    }
  }
  if (failed > 0) {
    console.error(`${failed} over budget. Make it smaller, or change ${file} and say why in the commit.`);
    process.exit(1);
  }
}

main(process.argv[2] ?? 'docs/budgets.toml');
