import type { ProfileMeta } from "../dataframe/profile-data.js";
import { JsonNode } from "./json-node.js";
import { readMeta } from "./read-meta.js";

/** Key of a table's metadata under which stands, as JSON, what its columns do not have: {@link StatedMeta}. */
export const STATED_META = "proflab";

export interface StatedMeta {
  version: 1;
  meta: ProfileMeta;
}

/** What our writers of tables state of the window. */
export function statedText(meta: ProfileMeta): string {
  const stated: StatedMeta = { version: 1, meta };
  return JSON.stringify(stated);
}

/** The same, read. A stranger may have written it: it is checked part by part. */
export function statedMeta(
  json: string,
  { file, format }: { file: string; format: string },
  samples: number,
): ProfileMeta {
  const meta = JsonNode.parse({ file, bytes: new TextEncoder().encode(json) })
    .as(format)
    .member("meta");
  const [window, accounting, host] = ["window", "accounting", "host"].map((name) => meta.member(name));
  const unit = meta.member("unit");
  const known = readMeta({
    file,
    format,
    event: meta.member("event").text(),
    ...(unit.isMissing ? {} : { unit: unit.text() }),
    period: meta.member("period").number(),
    samples,
    startNs: window.member("startNs").number(),
    durationMs: window.member("durationMs").number(),
    startedAtMs: Date.parse(window.member("startedAt").text()),
    host: {
      kernel: host.member("kernel").text(""),
      machine: host.member("machine").text(""),
      cpuModel: host.member("cpuModel").text(""),
    },
    notes: Array.from(meta.member("notes").items(), (note) => note.text()),
  });
  const isKnown = accounting.member("known").isMissing;
  return {
    ...known,
    ends: counts(meta.member("ends")),
    accounting: {
      ticks: accounting.member("ticks").number(),
      samples: accounting.member("samples").number(),
      filtered: counts(accounting.member("filtered")),
      dropped: counts(accounting.member("dropped")),
      ...(isKnown ? {} : { known: false }),
    },
  };
}

function counts(node: JsonNode): Record<string, number> {
  node.member("");
  const names = Object.keys(node.value as object);
  return Object.fromEntries(names.map((name) => [name, node.member(name).number()]));
}
