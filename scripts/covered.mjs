// Sums up an lcov file by folder: node scripts/covered.mjs lcov.info [LEAST]
//
// Two sums count, and each must reach LEAST per cent of lines (80): rooms (their model and server; platform, a room of
// the server alone, as a whole) and crates. A file's own tests, at its foot behind #[cfg(test)], are not counted.
import { readFileSync } from 'node:fs';
import { relative, sep } from 'node:path';

/** What a file belongs to: ['rooms' | 'crates', its folder]; undefined when it does not count. */
export function folderOf(path) {
  const [top, name, part, ...rest] = path.split('/');
  if (top === 'crates' && part === 'src' && rest.length > 0) return ['crates', `crates/${name}`];
  if (top !== 'src' || part === undefined) return undefined;
  if (name === 'platform') return ['rooms', 'src/platform'];
  const counts = part === 'model.rs' || part === 'model' || part === 'server';
  return counts ? ['rooms', `src/${name}`] : undefined;
}

/** The line on which a file's own tests begin. */
function testsBegin(file) {
  const lines = readFileSync(file, 'utf8').split('\n');
  const at = lines.findIndex((line) => line.startsWith('#[cfg(test)]'));
  return at < 0 ? Infinity : at + 1;
}

/** Lines that were reached, and all lines, of each file of an lcov text: Map of path to {reached, all}. */
export function filesOf(lcov, begins = testsBegin) {
  const files = new Map();
  let [path, end] = ['', Infinity];
  for (const line of lcov.split('\n')) {
    if (line.startsWith('SF:')) {
      const file = line.slice(3);
      path = relative(process.cwd(), file).split(sep).join('/');
      end = folderOf(path) ? begins(file) : Infinity;
      if (!files.has(path)) files.set(path, { reached: 0, all: 0 });
    } else if (line.startsWith('DA:')) {
      const [number, count] = line.slice(3).split(',').map(Number);
      if (number >= end) continue;
      files.get(path).all += 1;
      if (count > 0) files.get(path).reached += 1;
    }
  }
  return files;
}

function main(file, least) {
  const sums = new Map([['rooms', { reached: 0, all: 0, folders: new Map() }], ['crates', { reached: 0, all: 0, folders: new Map() }]]);
  const poor = [];
  for (const [path, { reached, all }] of filesOf(readFileSync(file, 'utf8'))) {
    const [kind, folder] = folderOf(path) ?? [];
    if (!kind || all === 0) continue;
    const sum = sums.get(kind);
    const of = sum.folders.get(folder) ?? { reached: 0, all: 0 };
    for (const part of [sum, of]) [part.reached, part.all] = [part.reached + reached, part.all + all];
    sum.folders.set(folder, of);
    if (all - reached >= 20) poor.push({ path, missing: all - reached, share: share({ reached, all }) });
  }
  const show = ({ reached, all }, name) => console.log(`${share({ reached, all }).toFixed(1).padStart(6)} %  ${`${reached} of ${all}`.padStart(15)}  ${name}`);
  let failed = false;
  for (const [kind, sum] of sums) {
    for (const [folder, of] of [...sum.folders].sort()) show(of, folder);
    show(sum, `${kind}, all of them${kind === 'rooms' ? ': model and server' : ''}`);
    console.log('');
    failed ||= sum.all === 0 || share(sum) < least;
  }
  console.log('Most lines without a test:');
  for (const { path, missing, share } of poor.sort((a, b) => b.missing - a.missing).slice(0, 15)) console.log(`${String(missing).padStart(6)}  ${path} (${share.toFixed(0)} %)`);
  if (failed) {
    console.error(`below ${least} % of lines`);
    process.exit(1);
  }
}

const share = ({ reached, all }) => (all === 0 ? 0 : (100 * reached) / all);

main(process.argv[2], Number(process.argv[3] ?? 80));
