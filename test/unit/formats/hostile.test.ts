import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { ProfileFrame } from "../../../kernel/dataframe/profile-frame.js";
import { writeArrow } from "../../../kernel/formats/arrow-writer.js";
import { writeCpuprofile } from "../../../kernel/formats/cpuprofile-writer.js";
import { writeFirefox } from "../../../kernel/formats/firefox-writer.js";
import { writeFolded } from "../../../kernel/formats/folded-writer.js";
import { FormatError } from "../../../kernel/formats/format-error.js";
import { FORMATS, type FormatName, readFormat } from "../../../kernel/formats/formats.js";
import { writePerfScript } from "../../../kernel/formats/perf-script-writer.js";
import { writePprof } from "../../../kernel/formats/pprof-writer.js";
import { writeSpeedscope } from "../../../kernel/formats/speedscope-writer.js";
import { assertConsistent } from "../../helpers/consistent.js";
import { mutated, mutatedJson, seeded } from "../../helpers/mutate.js";
import { richProfile } from "../../helpers/profile-files.js";
import { samples } from "../../helpers/samples.js";

const INPUTS = 10_000;
/** What no input may take, of CPU: other processes make it wait, too. */
const MAX_MS = 1000;
const MAX_BYTES = 768 << 20;

const rich = richProfile();
/** JSON says everything at length: less of it, so that as much of it is damaged. */
const small = samples(`
  comm:web[tid:7][pid:5]        comm:gc[tid:8][pid:5]
  main[file:/src/m.c][line:3]   mark[mod:[jit]][kind:jit][file:/a.js][line:9][column:4]
  inner[kind:inlined]           read[kind:kernel]
`);
const text = (content: string) => new TextEncoder().encode(content);

const EVENTED = JSON.stringify({
  shared: { frames: [{ name: "a" }, { name: "b", file: "b.c", line: 3 }] },
  profiles: [
    {
      type: "evented",
      name: "main",
      unit: "milliseconds",
      startValue: 0,
      endValue: 9,
      events: [
        { type: "O", frame: 0, at: 1 },
        { type: "O", frame: 1, at: 2 },
        { type: "C", frame: 1, at: 5 },
        { type: "C", frame: 0, at: 9 },
      ],
    },
  ],
});

const PERF = `# captured on    : Sat Nov 28 13:19:34 2026
tmux: server 12/13 [001] 5.000001: 1001001 cpu-clock:pppH:
\tffffffff81000010 do_idle+0x10 ([kernel.kallsyms])
\t            1209 inner (inlined)
\t            1209 work+0x49 (/memfd:x (deleted))
  t.c:3

      dd  12 [000] 6.5: sched:sched_switch: prev_comm=dd ==> next_comm=a
`;

/** Good inputs of each format, small enough that every part of them is hit often. */
const GOOD: Record<Exclude<FormatName, "parquet">, Uint8Array[]> = {
  pprof: [gunzipSync(writePprof(rich))],
  speedscope: [text(writeSpeedscope(small)), text(EVENTED)],
  firefox: [text(writeFirefox(small))],
  cpuprofile: [text(writeCpuprofile(small))],
  perf: [text(writePerfScript(rich)), text(PERF)],
  arrow: [writeArrow(small)],
  folded: [text(writeFolded(rich, { annotations: true, delimited: true, comm: true }))],
};

for (const format of FORMATS) {
  if (format === "parquet") continue; // hostile-parquet.test.ts
  test(`${format}: ${INPUTS} damaged inputs give a profile or an error that names file and place`, () => {
    const random = seeded(1);
    let [slowestMs, profiles, errors] = [0, 0, 0];
    for (let i = 0; i < INPUTS; i++) {
      const good = GOOD[format][i % GOOD[format].length];
      const isJson = good[0] === "{".charCodeAt(0);
      const bytes = isJson && i % 4 > 0 ? mutatedJson(good, random) : mutated(good, random);
      const before = process.cpuUsage();
      try {
        const data = readFormat({ file: "some/file", bytes }, { format });
        assertConsistent(data);
        if (i % 40 === 0) String(ProfileFrame.fromProfile(data));
        profiles++;
      } catch (error) {
        if (!(error instanceof FormatError))
          throw new Error(`input ${i}: ${bytes.toString()}`, { cause: error });
        assert.match(error.message, /^some\/file: (byte \d+|line \d+|\$)/);
        errors++;
      }
      const { user, system } = process.cpuUsage(before);
      slowestMs = Math.max(slowestMs, (user + system) / 1000);
      assert.ok(slowestMs < MAX_MS, `input ${i} took ${slowestMs} ms`);
    }
    console.log(`${format}: ${profiles} profiles, ${errors} errors, slowest ${slowestMs.toFixed(1)} ms`);
    assert.ok(profiles > 0 && errors > 0);
    const peak = process.resourceUsage().maxRSS * 1024;
    assert.ok(peak < MAX_BYTES, `${peak} bytes`);
  });
}
