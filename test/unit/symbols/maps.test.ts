import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { MappingTable } from "../../../bpf/symbols/mapping-table.js";
import { deviceName, isAnonymous, type Mapping, parseMaps } from "../../../bpf/symbols/maps.js";

const TEXT = [
  "55d0c0000000-55d0c0001000 r--p 00000000 fe:00 247580                     /usr/bin/some program",
  "55d0c0001000-55d0c0002000 r-xp 00001000 fe:00 247580                     /usr/bin/some program",
  "7f0000000000-7f0000001000 rwxp 00000000 00:00 0 ",
  "7f0000002000-7f0000003000 r-xp 00002000 103:0a 18446744073709551615      /tmp/gone (deleted) (deleted)",
  "7f0000003000-7f0000004000 r-xp 00000000 00:01 12                         /memfd:code (deleted)",
  "7f0000004000-7f0000005000 r-xp 00000000 fe:00 13                         /tmp/two\\012lines",
  "7f0000005000-7f0000006000 r-xp 00000000 00:00 0                          [anon:v8 code]",
  "7ffd00000000-7ffd00002000 r-xp 00000000 00:00 0                          [vdso]",
  "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]",
].join("\n");

describe("parseMaps", () => {
  test("reads every form of line", () => {
    const mappings = parseMaps(TEXT);
    assert.deepEqual(
      mappings.map(({ path }) => path),
      [
        "/usr/bin/some program",
        "/usr/bin/some program",
        "",
        "/tmp/gone (deleted)",
        "/memfd:code",
        "/tmp/two\nlines",
        "[anon:v8 code]",
        "[vdso]",
      ],
    );
    assert.deepEqual(mappings[3], {
      start: 0x7f0000002000,
      end: 0x7f0000003000,
      fileOffset: 0x2000,
      path: "/tmp/gone (deleted)",
      inode: 18446744073709551615n,
      device: "103:0a",
      executable: true,
      deleted: true,
    });
    assert.deepEqual(
      mappings.filter(isAnonymous).map(({ path }) => path),
      ["", "[anon:v8 code]"],
    );
    assert.equal(deviceName(0x103, 10), "103:0a");
  });

  test("skips lines of another form", () => {
    const bad = [
      "",
      "garbage",
      "2-1 r-xp 0 0:0 0",
      "1-2 r-xp",
      "zz-11 r-xp 0 0:0 0 /x",
      "1-1 r-xp 0 0:0 0 /x",
      `1-2 r-xp 0 0:0 ${"9".repeat(21)} /x`,
    ];
    assert.deepEqual(parseMaps(bad.join("\n")), []);
  });

  test("reads this process's own maps", () => {
    const text = readFileSync("/proc/self/maps", "utf8");
    const mappings = parseMaps(text);
    const lines = text
      .trimEnd()
      .split("\n")
      .filter((line) => !line.startsWith("ffffffffff"));
    assert.equal(mappings.length, lines.length);
    const table = new MappingTable(mappings);
    for (const [i, line] of lines.entries()) {
      const [start, end] = line.split(/[- ]/).map((address) => Number.parseInt(address, 16));
      assert.equal(table.find(start), mappings[i]);
      assert.equal(table.find(end - 1), mappings[i]);
    }
  });
});

describe("MappingTable", () => {
  const mapping = (start: number, end: number, path = "/f", inode = 1n): Mapping => {
    return { start, end, fileOffset: start, path, inode, device: "fe:00", executable: true };
  };

  test("finds by half-open ranges", () => {
    const table = new MappingTable([mapping(0x3000, 0x4000), mapping(0x1000, 0x2000)]);
    assert.equal(table.find(0xfff), undefined);
    assert.equal(table.find(0x1000)?.start, 0x1000);
    assert.equal(table.find(0x2000), undefined);
    assert.equal(table.find(0x3fff)?.start, 0x3000);
    assert.equal(table.find(0x4000), undefined);
  });

  test("a later mapping cuts away what it covers", () => {
    const table = new MappingTable([mapping(0x1000, 0x5000), mapping(0x6000, 0x7000)]);
    table.add(mapping(0x2000, 0x3000, "/g"));
    table.add(mapping(0x4000, 0x6800, "/h"));
    const seen = [...table].map(({ start, end, fileOffset, path }) => [start, end, fileOffset, path]);
    assert.deepEqual(seen, [
      [0x1000, 0x2000, 0x1000, "/f"],
      [0x2000, 0x3000, 0x2000, "/g"],
      [0x3000, 0x4000, 0x3000, "/f"],
      [0x4000, 0x6800, 0x4000, "/h"],
      [0x6800, 0x7000, 0x6800, "/f"],
    ]);
    table.add(mapping(0, 0x10000, "/all"));
    assert.equal(table.size, 1);
  });
});
