import "../../helpers/as-sampler.js";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ElfFile } from "../../../bpf/symbols/elf-file.js";
import { fileFromBytes } from "../../../bpf/symbols/open-file.js";
import { isReason } from "../../../bpf/symbols/reason.js";
import { findRow } from "../../../bpf/unwind/row-search.js";
import { buildUnwindTable } from "../../../bpf/unwind/table-builder.js";
import { compile, run, temporaryDirectory } from "../symbols/compiled.js";
import { describeRow } from "./describe-row.js";

/** Assembly without unwind data; what is expected from an instruction on stands behind it. */
const CODE = `
saves:        push %rbp              # rsp+8 u c-8
              push %rbx              # rsp+16 c-16 c-8
              sub $24, %rsp          # rsp+24 c-16 c-8
              xor %ebp, %ebp         # rsp+48 c-16 c-8
              test %edi, %edi
              je 1f
              call *%rsi
              add $24, %rsp          # rsp+48 c-16 c-8
              pop %rbx               # rsp+24 c-16 c-8
              pop %rbp               # rsp+16 c-16 c-8
              ret                    # rsp+8 u c-8
1:            call never             # rsp+48 c-16 c-8
other:        mov %rdi, %rax         # rsp+8 u c-8
              ret
has_pointer:  push %rbp              # rsp+8 u c-8
              mov %rsp, %rbp         # rsp+16 c-16 c-8
              sub %rdi, %rsp         # rbp+16 c-16 c-8
              and $-32, %rsp         # rbp+16 c-16 c-8
              call other
              leave                  # rbp+16 c-16 c-8
              ret                    # rsp+8 u c-8
entered:      enter $32, $0          # rsp+8 u c-8
              call other             # rbp+16 c-16 c-8
              leave
              ret                    # rsp+8 u c-8
switches:     sub $40, %rsp          # rsp+8 u c-8
              lea table(%rip), %rax  # rsp+48 u c-8
              movslq (%rax,%rdi,4), %rdx
              add %rax, %rdx
              notrack jmp *%rdx      # rsp+48 u c-8
              .p2align 4
case_0:       call other             # rsp+48 u c-8
2:            add $40, %rsp          # rsp+48 u c-8
              ret                    # rsp+8 u c-8
              .p2align 4
case_1:       movq $1, 8(%rsp)       # rsp+48 u c-8
              jmp 2b
by_pointer:   mov %rsp, %rax         # none
              jmp *%rdx
takes:        lea by_pointer(%rip), %rdx # rsp+8 u c-8
              jmp *%rdx
forks:        pop %rdx               # rsp+8 u c-8
              mov $58, %eax          # rsp+0 u rdx
              syscall                # rsp+0 u rdx
              push %rdx              # rsp+0 u rdx
              ret                    # rsp+8 u c-8
begins:       mov $56, %eax          # rsp+8 u c-8
              syscall                # rsp+8 u c-8
              test %eax, %eax        # none
              jnz 3f
              xor %ebp, %ebp
              pop %rdi
              call *%r9              # end
              hlt
3:            ret                    # rsp+8 u c-8
moves_away:   mov 8(%rdi), %rsp      # rsp+8 u c-8
              jmp *(%rdi)            # none
contradicts:  push %rbx              # none
              test %edi, %edi
              je 4f
              pop %rbx
4:            ret                    # none
other_comes:  pop %rax               # none
              push %rdx
              ret                    # none
clobbers:     pop %rcx               # rsp+8 u c-8
              cpuid                  # rsp+0 u rcx
              jmp *%rdi              # unsupported
narrow:       push %rbx              # rsp+8 u c-8
              pushw $1               # rsp+16 u c-8
              jmp *%rdi              # none
tests_bit:    bt $5, %esp            # rsp+8 u c-8
              ret                    # rsp+8 u c-8
contains:     push %rbx              # rsp+8 u c-8
inner:        mov %rdi, %rbx         # rsp+16 u c-8
              pop %rbx               # rsp+16 u c-8
              ret                    # rsp+8 u c-8
interprets:   push %rbx              # rsp+8 u c-8
              lea 6f(%rip), %rax     # rsp+16 u c-8
              jmp *(%rax,%rdi,8)     # rsp+16 u c-8
6:            inc %rdi               # none
              jmp *(%rax,%rdi,8)     # none
starts:       xor %ebp, %ebp         # end
              push %rax              # end
              call other             # end
              pop %rax               # end
              hlt                    # end
never:        sub $8, %rsp           # rsp+8 u c-8
              call other             # rsp+16 u c-8
              mov $60, %eax          # rsp+16 u c-8
              syscall
5:            jmp 5b
              .zero 20000, 0x90
`;

test("rows of code that has no unwind data", () => {
  const lines = CODE.trim().split("\n");
  // A label for each line whose row is expected.
  const source = lines.map((line, i) => {
    const [code] = line.split("#");
    const [, label, rest] = /^(\w+:)?(.*)$/.exec(code.trim()) ?? [];
    return `${label ?? ""} line_${i}: ${rest}`;
  });
  const functions = [...CODE.matchAll(/^([a-z_]+):/gm)].map(([, name]) => name);
  const called = functions.filter(
    (name) => !["case_0", "case_1", "by_pointer", "other", "inner"].includes(name),
  );
  const assembly = [
    ".text",
    ".globl inner, starts",
    ...called.map((name) => `.type ${name}, @function`),
    ...source,
    ".section .rodata",
    "table: .long case_0 - table, case_1 - table",
    "",
  ];
  const path = compile(
    temporaryDirectory(),
    "uncovered",
    ["-shared", "-nostdlib", "-fno-asynchronous-unwind-tables", "-Wl,-e,starts"],
    `__asm__(${JSON.stringify(assembly.join("\n"))});`,
  );
  const places = new Map<string, number>();
  for (const [, address, name] of run("nm", path).matchAll(/^([0-9a-f]+) \w (\w+)$/gm))
    places.set(name, Number.parseInt(address, 16));
  const elf = ElfFile.read(fileFromBytes(readFileSync(path)));
  assert.ok(!isReason(elf));
  const table = buildUnwindTable(elf);
  assert.ok(!isReason(table));
  assert.ok(table.functions >= 10, `${table.functions} functions`);
  const found = lines.flatMap((line, i) => {
    const [code, expected] = line.split("#");
    if (expected === undefined) return [];
    const row = findRow(table, places.get(`line_${i}`) ?? Number.NaN);
    return [`${code.trim()} # ${describeRow(table, row)}`];
  });
  const expected = lines.flatMap((line) => {
    const [code, row] = line.split("#");
    return row === undefined ? [] : [`${code.trim()} # ${row.trim()}`];
  });
  assert.deepEqual(found, expected);
});
