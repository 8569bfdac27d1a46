import { spawnSync } from "node:child_process";
import { optimizeLate } from "../../bpf/sampler/optimization.js";
import { V8_FLAGS } from "../../kernel/profile/sampler-process.js";

/**
 * Import it first: it runs the test file with the sampler's flags of V8 instead, under which time and memory count.
 *
 * Without them the young generation of Node.js 24 alone grows to some 200 MiB.
 */
if (!V8_FLAGS.every((flag) => process.execArgv.includes(flag))) {
  const { status } = spawnSync(process.execPath, [...process.execArgv, ...V8_FLAGS, process.argv[1]], {
    stdio: "inherit",
  });
  process.exit(status ?? 1);
}
optimizeLate();
