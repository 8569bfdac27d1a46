import assert from "node:assert/strict";
import { test } from "node:test";
import { BpfError, ClosedError, UnsupportedError, VerifierError } from "../src/index.js";
import { kernelAtLeast } from "../src/kernel.js";
import { loadFailure } from "../src/load-failure.js";

test("an error says what was attempted", () => {
  const error = new BpfError("load sampler.bpf.o", 1);
  assert.equal(error.message, "load sampler.bpf.o: EPERM (operation not permitted)");
  assert.deepEqual([error.name, error.code, error.errno, error.log], ["BpfError", "EPERM", 1, []]);
  assert.equal(new BpfError("x", 524).code, "ENOTSUPP");
  assert.equal(new BpfError("x", 4000).code, "errno 4000");
  assert.equal(new ClosedError('map "m"').message, 'map "m" is closed');
});

test("what a kernel lacks is named with the release that has it", () => {
  const error = new UnsupportedError("BPF ring buffer", "5.8", { thisKernel: "5.4.0" });
  assert.equal(error.message, "BPF ring buffer needs Linux ≥ 5.8, this is 5.4.0");
  assert.deepEqual(
    [error.name, error.feature, error.minimumKernel],
    ["UnsupportedError", "BPF ring buffer", "5.8"],
  );
  assert.equal(kernelAtLeast("3.10"), true);
  assert.equal(kernelAtLeast("99.0"), false);
});

test("a verifier log is shortened to the lines that say why", () => {
  const log = [
    "libbpf: prog 'f': BPF program load failed: Permission denied",
    "libbpf: prog 'f': -- BEGIN PROG LOAD LOG --",
    ...Array.from({ length: 40 }, (_, index) => `${index}: (b7) r0 = 0`),
    "40: (79) r0 = *(u64 *)(r0 +0)",
    "R0 invalid mem access 'scalar'",
    "processed 41 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 1",
    "-- END PROG LOAD LOG --",
    "libbpf: failed to load object",
  ];
  const error = loadFailure("load f.o", 13, log, []);
  assert.ok(error instanceof VerifierError);
  assert.equal(error.log.length, 43);
  assert.equal(
    error.message,
    "load f.o: EACCES (permission denied): 39: (b7) r0 = 0; 40: (79) r0 = *(u64 *)(r0 +0); " +
      "R0 invalid mem access 'scalar' (40 lines omitted)",
  );
});
