// Numbers into a table, on the screen and in docs/bench.md.
import { execFileSync } from "node:child_process";
import { cpus, loadavg, totalmem } from "node:os";

/** The value below which a share of all lies (nearest rank). */
export function rank(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/** One line of the table. A limit is in the unit of its values. */
export function line(name, values, { unit, limit, of = "p95" }) {
  const shown = (value) => (unit === "s" ? `${(value / 1_000).toFixed(1)} s` : `${value.toFixed(0)} ms`);
  const measured = { p50: rank(values, 0.5), p95: rank(values, 0.95), most: Math.max(...values) };
  const kept = limit === undefined ? undefined : measured[of] <= limit;
  const cells = [name, String(values.length), shown(measured.p50), shown(measured.p95), shown(measured.most), limit === undefined ? "" : `${of} ≤ ${shown(limit)}`, kept === undefined ? "" : kept ? "held" : "missed"];
  return { cells, kept };
}

export const HEAD = ["measured", "N", "p50", "p95", "slowest", "limit", ""];

export function printed(rows) {
  const wide = HEAD.map((_, column) => Math.max(...[HEAD, ...rows].map((row) => row[column].length)));
  return [HEAD, ...rows].map((row) => `  ${row.map((cell, column) => (column === 0 ? cell.padEnd(wide[column]) : cell.padStart(wide[column]))).join("  ")}`.trimEnd()).join("\n");
}

export function markdown(rows) {
  const row = (cells) => `| ${cells.join(" | ")} |`;
  return [row(HEAD), row(HEAD.map((_, column) => (column === 0 ? "---" : "---:"))), ...rows.map(row)].join("\n");
}

/** How many processes wanted a core in the last minute. */
export const load = () => loadavg()[0].toFixed(1);

/** Where and on what this was measured. */
export function circumstances(release) {
  const git = (...words) => execFileSync("git", words, { encoding: "utf8" }).trim();
  const changed = git("status", "--porcelain", "--untracked-files=no") !== "";
  return {
    date: new Date().toISOString().slice(0, 16).replace("T", " ") + " UTC",
    machine: `${cpus().length} cores (${cpus()[0].model.trim()}), ${(totalmem() / 2 ** 30).toFixed(0)} GiB memory`,
    commit: git("rev-parse", "--short", "HEAD") + (changed ? ", with changes that are not committed" : ""),
    build: release ? "release" : "debug build: figures say nothing about speed",
  };
}
