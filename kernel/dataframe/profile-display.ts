import { escapeHtml } from "../display/mime.js";
import { printable } from "../display/printable.js";
import { textTable } from "../display/text-table.js";
import { countText, plural, shareText, tenthsText } from "../plot/number-text.js";
import { clip } from "../plot/svg.js";
import { accountingLine, accountingParts } from "./accounting.js";
import {
  cellText,
  frameHtml,
  frameText,
  htmlTable,
  isNumeric,
  SHOWN_ROWS,
  type Shown,
} from "./frame-display.js";
import type { ProfileMeta } from "./profile-data.js";
import type { ProfileLink } from "./profile-link.js";
import { leafOf, stackNames } from "./profile-rows.js";
import { shortModule } from "./short-module.js";
import { shortcomings } from "./shortcomings.js";
import { timeMs } from "./time.js";

/** Frames of a stack that a cell shows without being opened, and letters of each. */
const SHOWN_FRAMES = 3;
const SHOWN_LETTERS = 40;
const HEADER = ["process/comm", "tid", "samples", "share", "time_ms", "leaf", "module", "stack"];
const NUMERIC = [false, true, true, true, true, false, false, false];
/** Columns of a profile, and of what SQL makes of one, which the table above has in its own form or not at all. */
const OWN = new Set([
  ...["pid", "tid", "process", "comm", "stack", "leaf", "module", "kind", "depth"],
  ...["samples", "time_ms", "end", "stack_id"],
]);

// Opacity instead of colours: they are inherited from the theme.
const CELL =
  "padding:2px 8px;text-align:left;vertical-align:top;white-space:nowrap;max-width:28em;overflow:hidden;text-overflow:ellipsis";
const NUMBER =
  "padding:2px 8px;text-align:right;vertical-align:top;white-space:nowrap;font-variant-numeric:tabular-nums";
const STACK = "padding:2px 8px;text-align:left;vertical-align:top;white-space:nowrap;font-family:monospace";
const ALARM = "color:#e5484d;background:rgba(229,57,53,.14);font-weight:600;padding:0 .3em;border-radius:3px";
const NOTE = "opacity:.8;font-size:smaller";

/** A frame as it is shown: danfojs's parts, and the profile behind its rows where they are still its rows. */
export interface ShownProfile {
  readonly frame: Shown;
  readonly link: ProfileLink | undefined;
  readonly meta: ProfileMeta;
}

/** The frame as HTML: its first rows, the accounting of its window, and what the window's stacks lack, with remedies. */
export function profileHtml({ frame, link, meta }: ShownProfile): string {
  const table = hasProfileRows(link, frame) ? rowsHtml(link, otherColumns(frame)) : frameHtml(frame);
  const line = accountingParts(meta)
    .map(({ text, alarm }) =>
      alarm ? `<span style="${ALARM}">${escapeHtml(text)}</span>` : escapeHtml(text),
    )
    .join(" · ");
  const below = [...shortcomings(meta), ...meta.notes].map(
    (text) => `<div style="${NOTE}">${html(text)}</div>`,
  );
  return `<div>${table}<div style="${NOTE}">${line}</div>${below.join("")}</div>`;
}

/** The frame as text: what {@link profileHtml} shows, without what can be opened. */
export function profileText({ frame, link, meta }: ShownProfile): string {
  const table = hasProfileRows(link, frame) ? rowsText(link, otherColumns(frame)) : frameText(frame);
  return [table, accountingLine(meta), ...shortcomings(meta), ...meta.notes.map(printable)].join("\n");
}

/** True while each row is one thread and stack, and shown as such. A grouped frame shows its own columns. */
function hasProfileRows(link: ProfileLink | undefined, frame: Shown): link is ProfileLink {
  return link?.single === true && ["stack", "samples", "leaf"].every((name) => frame.columns.includes(name));
}

/** Columns that a profile does not have of itself, such as `recording`: they are shown in front of it. */
interface OtherColumns {
  readonly names: readonly string[];
  readonly numeric: readonly boolean[];
  readonly rows: readonly (readonly string[])[];
}

function otherColumns(frame: Shown): OtherColumns {
  const at = frame.columns.flatMap((name, i) => (OWN.has(name) ? [] : i));
  const values = at.length > 0 && frame.shape[0] > 0 ? (frame.head(SHOWN_ROWS).values as unknown[][]) : [];
  return {
    names: at.map((i) => printable(frame.columns[i])),
    numeric: at.map((i) => isNumeric(frame.dtypes[i])),
    rows: values.map((row) => at.map((i) => cellText(row[i]))),
  };
}

interface ShownRow {
  readonly thread: string;
  readonly tid: number;
  readonly samples: number;
  readonly timeMs: number;
  readonly leaf: string;
  readonly module: string;
  /** Root first. */
  readonly names: string[];
}

function shownRows({ members, rows }: ProfileLink): ShownRow[] {
  const { frames, threads } = rows.data;
  return Array.from(members.subarray(0, SHOWN_ROWS), (row) => {
    const thread = rows.thread[row];
    const leaf = leafOf(rows.data, rows.stack[row]);
    const [process, comm] = [threads.process[thread], threads.comm[thread]];
    return {
      thread: printable(process === comm ? comm : `${process} / ${comm}`),
      tid: threads.tid[thread],
      samples: rows.samples[row],
      timeMs: timeMs(rows.weight[row], rows.data.meta),
      leaf: cellText(frames.name[leaf]),
      module: cellText(frames.module[leaf]),
      names: stackNames(rows.data, rows.stack[row]).map(printable),
    };
  });
}

function rowsHtml(link: ProfileLink, other: OtherColumns): string {
  const all = link.samples;
  const style = (i: number) => (NUMERIC[i] ? NUMBER : i === HEADER.length - 1 ? STACK : CELL);
  const otherStyle = (i: number) => (other.numeric[i] ? NUMBER : CELL);
  const head = [
    ...other.names.map((name, i) => `<th style="${otherStyle(i)}">${escapeHtml(name)}</th>`),
    ...HEADER.map((name, i) => `<th style="${style(i)}">${name}</th>`),
  ].join("");
  const body = shownRows(link).map((row, number) => {
    const percent = all > 0 ? (100 * row.samples) / all : 0;
    // The share as a bar behind its number: a gradient survives in untrusted notebooks.
    const bar = `background:linear-gradient(90deg,rgba(217,140,63,.4) ${percent.toFixed(1)}%,transparent 0)`;
    const cells = [
      ...(other.rows[number] ?? []).map((text, i) => `<td style="${otherStyle(i)}">${escapeHtml(text)}</td>`),
      `<td style="${CELL}" title="${escapeHtml(row.thread)}">${escapeHtml(row.thread)}</td>`,
      `<td style="${NUMBER}">${row.tid}</td>`,
      `<td style="${NUMBER}">${countText(row.samples)}</td>`,
      `<td style="${NUMBER};${bar}">${shareText(row.samples, all)}</td>`,
      `<td style="${NUMBER}">${timeText(row.timeMs)}</td>`,
      `<td style="${CELL}" title="${escapeHtml(row.leaf)}">${escapeHtml(row.leaf)}</td>`,
      `<td style="${CELL}" title="${escapeHtml(row.module)}">${escapeHtml(shortModule(row.module))}</td>`,
      `<td style="${STACK}">${stackHtml(row.names)}</td>`,
    ];
    return `<tr>${cells.join("")}</tr>`;
  });
  return htmlTable(head, body, extent(link));
}

function stackHtml(names: string[]): string {
  const summary = escapeHtml(innermost(names));
  if (names.length <= SHOWN_FRAMES && names.every((name) => name.length <= SHOWN_LETTERS)) return summary;
  const whole = names.map(escapeHtml).join("\n");
  return `<details><summary style="cursor:pointer">${summary}</summary><div style="white-space:pre;padding-left:1em">${whole}</div></details>`;
}

function rowsText(link: ProfileLink, other: OtherColumns): string {
  const all = link.samples;
  const rows = shownRows(link).map((row, number) => [
    ...(other.rows[number] ?? []),
    row.thread,
    String(row.tid),
    countText(row.samples),
    shareText(row.samples, all),
    timeText(row.timeMs),
    row.leaf,
    shortModule(row.module),
    innermost(row.names),
  ]);
  return `${rows.length > 0 ? `${textTable([...other.names, ...HEADER], rows, [...other.numeric, ...NUMERIC])}\n` : ""}${extent(link)}`;
}

/** The last frames of a stack, root first. */
function innermost(names: readonly string[]): string {
  const shown = names
    .slice(-SHOWN_FRAMES)
    .map((name) => clip(name, SHOWN_LETTERS))
    .join(" › ");
  return names.length > SHOWN_FRAMES ? `… › ${shown}` : shown;
}

/** How much of the frame is shown, and of the window the frame is. */
function extent(link: ProfileLink): string {
  const shown = Math.min(link.length, SHOWN_ROWS);
  const rows =
    link.length > shown ? `${countText(shown)} of ${plural(link.length, "row")}` : plural(link.length, "row");
  const total = wholeSamples(link);
  const samples = link.samples;
  return samples === total ? rows : `${rows} · ${countText(samples)} of ${plural(total, "sample")}`;
}

/** Samples of the whole profile, of which the frame may show some. */
function wholeSamples({ rows }: ProfileLink): number {
  let sum = 0;
  for (const count of rows.samples) sum += count;
  return sum;
}

function timeText(timeMs: number): string {
  return Number.isNaN(timeMs) ? "" : tenthsText(timeMs);
}

function html(text: string): string {
  return escapeHtml(printable(text));
}
