import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { ProfileFrame } from "../../../kernel/dataframe/profile-frame.js";
import { readProfile } from "../../../kernel/dataframe/read-profile.js";
import { ownConnection } from "../../../kernel/duckdb/database.js";
import { FormatError } from "../../../kernel/formats/format-error.js";
import { assertConsistent } from "../../helpers/consistent.js";
import { mutated, seeded } from "../../helpers/mutate.js";
import { richProfile } from "../../helpers/profile-files.js";

const INPUTS = 10_000;
const MAX_MS = 1000;
const MAX_BYTES = 1024 << 20;
const folder = mkdtempSync(join(tmpdir(), "proflab-parquet-"));
after(() => rmSync(folder, { recursive: true }));

/** Bits of the bytes, lengths as they are: what is in pages is read then, and not only the description behind them. */
function flipped(bytes: Uint8Array, random: () => number): Uint8Array {
  const result = Buffer.from(bytes);
  const below = (limit: number) => Math.floor(random() * limit);
  for (let changes = 1 + below(3); changes > 0; changes--) {
    const at = below(result.length);
    result[at] = [result[at] ^ (1 << below(8)), 0xff, 0x7f, below(256)][below(4)];
  }
  return result;
}

test(`parquet: ${INPUTS} damaged inputs give a profile or an error that names file and place`, async () => {
  const good = [await ProfileFrame.fromProfile(richProfile()).toParquet()];
  const connection = await ownConnection();
  for (const compression of ["uncompressed", "snappy"]) {
    const file = join(folder, `${compression}.parquet`);
    writeFileSync(join(folder, "good.parquet"), good[0]);
    await connection.run(
      `COPY (FROM '${folder}/good.parquet') TO '${file}' (FORMAT parquet, COMPRESSION ${compression}, PARQUET_VERSION v2)`,
    );
    good.push(readFileSync(file));
  }
  const random = seeded(1);
  const file = join(folder, "damaged.parquet");
  let [slowestMs, profiles, errors] = [0, 0, 0];
  for (let i = 0; i < INPUTS; i++) {
    const bytes = (i % 4 > 0 ? flipped : mutated)(good[i % good.length], random);
    writeFileSync(file, bytes);
    const before = process.cpuUsage();
    try {
      const frame = await readProfile(file, { format: "parquet" });
      assertConsistent(frame.profile);
      if (i % 40 === 0) String(frame);
      profiles++;
    } catch (error) {
      if (!(error instanceof FormatError)) throw new Error(`input ${i}`, { cause: error });
      assert.match(error.message.slice(file.length), /^: (byte \d+|\$)/);
      errors++;
    }
    const { user, system } = process.cpuUsage(before);
    slowestMs = Math.max(slowestMs, (user + system) / 1000);
    assert.ok(slowestMs < MAX_MS, `input ${i} took ${slowestMs} ms`);
  }
  console.log(`parquet: ${profiles} profiles, ${errors} errors, slowest ${slowestMs.toFixed(1)} ms`);
  assert.ok(profiles > 0 && errors > 0);
  const peak = process.resourceUsage().maxRSS * 1024;
  assert.ok(peak < MAX_BYTES, `${peak} bytes`);
});

test("a few bytes that stand for a billion rows", async () => {
  const file = join(folder, "bomb.parquet");
  const connection = await ownConnection();
  await connection.run(
    `COPY (SELECT 'main' AS stack FROM range(20_000_000)) TO '${file}' (FORMAT parquet, COMPRESSION zstd)`,
  );
  const before = process.cpuUsage();
  await assert.rejects(readProfile(file), /expected at most 2097152 rows, got 20000000/);
  const { user, system } = process.cpuUsage(before);
  assert.ok((user + system) / 1e6 < 1);
});
