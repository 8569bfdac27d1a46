import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { inspect } from "node:util";
import { ProfileFrame } from "../../../kernel/dataframe/profile-frame.js";
import { jupyterDisplay } from "../../../kernel/display/mime.js";
import { RecordingError } from "../../../kernel/recordings/recording-error.js";
import { parseRecordingMeta } from "../../../kernel/recordings/recording-meta.js";
import { mutated, mutatedJson, seeded } from "../../helpers/mutate.js";
import { richProfile } from "../../helpers/profile-files.js";

const INPUTS = 10_000;
const folder = mkdtempSync(join(tmpdir(), "proflab-meta-"));
after(() => rmSync(folder, { recursive: true }));

test(`${INPUTS} damaged meta.json give a profile that can be shown, or an error that names the file`, async () => {
  const data = richProfile();
  const reasons = {
    "no-jit-map": { samples: 5, addresses: 2, worst: { module: "[jit]", samples: 5, addresses: 2 } },
  };
  const meta = { ...data.meta, reasons, stops: { "no-table": { module: "/bin/web", samples: 1 } } };
  await ProfileFrame.fromProfile({ ...data, meta }).save(join(folder, "good"));
  const good = readFileSync(join(folder, "good/meta.json"));
  const random = seeded(1);
  let [profiles, errors] = [0, 0];
  for (let i = 0; i < INPUTS; i++) {
    const bytes = i % 4 > 0 ? mutatedJson(good, random) : mutated(good, random);
    const text = Buffer.from(bytes).toString();
    try {
      const { profile, savedAt, host } = parseRecordingMeta("a/meta.json", text);
      const frame = ProfileFrame.fromProfile({
        ...data,
        meta: { ...profile, recording: { folder: "a", savedAt, host } },
      });
      assert.ok(inspect(frame).length > 0 && Object.keys(frame[jupyterDisplay]()).length > 0);
      profiles++;
    } catch (error) {
      if (!(error instanceof RecordingError)) throw new Error(`input ${i}: ${text}`, { cause: error });
      assert.match(error.message, /^a\/meta\.json: (is|was) /);
      errors++;
    }
  }
  console.log(`meta.json: ${profiles} profiles, ${errors} errors`);
  assert.ok(profiles > 0 && errors > 0);
});
