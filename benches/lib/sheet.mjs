// Numbers into a table, on the screen and in docs/bench.md.
import { execFileSync } from "node:child_process";
import { cpus, loadavg, totalmem } from "node:os";

/** The value below which a share of all lies (nearest rank). */
export function rank(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

const FORMS = {
  s: (value) => `${(value / 1_000).toFixed(1)} s`,
  ms: (value) => `${value.toFixed(value < 10 ? 2 : 0)} ms`,
  "×": (value) => `${value.toFixed(2)} ×`,
  MB: (value) => `${value.toFixed(1)} MB`,
  MiB: (value) => `${value.toFixed(1)} MiB`,
  KiB: (value) => `${value.toFixed(1)} KiB`,
  "": (value) => String(value),
};

/** One line of the table from measured values. A limit is in the unit of its values; seconds are given in ms. */
export function line(name, values, { unit, limit, of = "p95" }) {
  return ranked({ name, unit, n: values.length, p50: rank(values, 0.5), p95: rank(values, 0.95), most: Math.max(...values), limit, of });
}

/** One line from figures that are ranked already; those that are missing stay empty. */
export function ranked({ name, unit, n, p50, p95, most, limit, of }) {
  const shown = (value) => (value === undefined ? "" : FORMS[unit](value));
  const kept = limit === undefined ? undefined : { p50, p95, most }[of] <= limit;
  const bound = limit === undefined ? "" : `${of === "most" ? "" : `${of} `}≤ ${shown(limit)}`;
  return { cells: [name, n.toLocaleString("en"), shown(p50), shown(p95), shown(most), bound, kept === undefined ? "" : kept ? "held" : "missed"], kept };
}

export const HEAD = ["measured", "N", "p50", "p95", "most", "limit", "", "run"];

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
export function circumstances() {
  const git = (...words) => execFileSync("git", words, { encoding: "utf8" }).trim();
  // What this program writes itself is no change to what it measures.
  const changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs/bench.md", ":!docs/bench.json") !== "";
  return {
    date: new Date().toISOString().slice(0, 16).replace("T", " ") + " UTC",
    machine: `${cpus().length} cores (${cpus()[0].model.trim()}), ${(totalmem() / 2 ** 30).toFixed(0)} GiB memory`,
    commit: git("rev-parse", "--short", "HEAD") + (changed ? " with changes that are not committed" : ""),
  };
}
