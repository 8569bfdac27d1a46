import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { KernelResolver } from "../../../bpf/symbols/kernel-resolver.js";

const BASE = [
  "ffffffff81000000 T first",
  "ffffffff81000100 t _RNvNtC6_kernel5print4busy",
  "ffffffffc0a00000 t nft_do_chain\t[nf_tables]",
];
const PROGRAM = "ffffffffc0b00000 t bpf_prog_6deef7357e7b4530_on_tick\t[bpf]";

/** A kernel that changes: its symbols, its modules, and how often the symbols were read. */
function kernel() {
  const state = { symbols: BASE, modules: "nf_tables 339968 3 - Live 0xffffffffc0a00000\n", reads: 0 };
  const resolver = new KernelResolver({
    openMapped: () => "io-error",
    openDebugFile: () => "io-error",
    readPerfMap: () => undefined,
    readMaps: () => undefined,
    readModules: () => state.modules,
    readKallsyms: () => {
      state.reads++;
      return `${state.symbols.join("\n")}\n`;
    },
  });
  return { state, resolver };
}

describe("KernelResolver", () => {
  test("reads kallsyms once as long as modules and programs stay", () => {
    const { state, resolver } = kernel();
    for (let window = 0; window < 3; window++) {
      resolver.refresh();
      assert.equal(resolver.resolve(0xffffffff81000004n).name, "first");
      assert.equal(resolver.resolve(0xffffffffc0a00004n).module, "[nf_tables]");
    }
    assert.equal(state.reads, 1);
    state.modules = state.modules.replace(" 3 ", " 4 "); // one more user of the module
    resolver.refresh();
    assert.equal(resolver.resolve(0xffffffff81000004n).name, "first");
    assert.equal(state.reads, 1);
  });

  test("names a module that was loaded in the place of another", () => {
    const { state, resolver } = kernel();
    resolver.refresh();
    assert.equal(resolver.resolve(0xffffffffc0a00004n).name, "nft_do_chain");
    state.symbols = [...BASE.slice(0, 2), "ffffffffc0a00000 t kvm_run\t[kvm]"];
    state.modules = "kvm 1 0 - Live 0xffffffffc0a00000\n";
    resolver.refresh();
    assert.deepEqual(resolver.resolve(0xffffffffc0a00004n), {
      name: "kvm_run",
      module: "[kvm]",
      kind: "kernel",
    });
  });

  test("names a BPF program that was loaded after the last window, at the cost of one read", () => {
    const { state, resolver } = kernel();
    resolver.refresh();
    resolver.resolve(0xffffffff81000004n);
    state.symbols = [...BASE, PROGRAM];
    resolver.refresh();
    const frame = { name: "bpf_prog_6deef7357e7b4530_on_tick", module: "[bpf]", kind: "kernel" };
    assert.deepEqual(resolver.resolve(0xffffffffc0b00004n), frame);
    for (let i = 0; i < 9; i++) resolver.resolve(0xffffffffd0000000n + BigInt(i));
    assert.equal(state.reads, 2);
    // Another program in its place.
    state.symbols = [...BASE, PROGRAM.replace("on_tick", "on_packet")];
    resolver.refresh();
    assert.match(resolver.resolve(0xffffffffc0b00004n).name, /on_packet/);
  });
});
