import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { parseMaps } from "../../../bpf/symbols/maps.js";
import { ProcFileSource } from "../../../bpf/symbols/proc-file-source.js";
import { livingThread, MAX_MAPS_BYTES, readExecutableMaps } from "../../../bpf/symbols/proc-maps.js";
import { isReason } from "../../../bpf/symbols/reason.js";
import { compile, temporaryDirectory } from "./compiled.js";

const directory = temporaryDirectory();

/** Starts a program and waits until it prints something. */
async function started(t: TestContext, name: string, flags: string[], source: string) {
  const path = compile(directory, name, ["-w", "-pthread", ...flags], source);
  const child = spawn(path, [directory], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const [text] = await once(child.stdout, "data");
  return { path, pid: child.pid as number, text: String(text) };
}

test("executable ranges, as parseMaps finds them in the whole text", () => {
  const whole = parseMaps(readFileSync("/proc/self/maps", "utf8")).filter(({ executable }) => executable);
  assert.deepEqual(parseMaps(readExecutableMaps(process.pid) ?? ""), whole);
  assert.equal(livingThread(process.pid), process.pid);
  assert.equal(readExecutableMaps(2 ** 22 + 1), undefined);
});

test("a process whose first thread has ended shows what it maps by another, also a deleted file", async (t) => {
  const { path, pid } = await started(
    t,
    "headless",
    [],
    `#include <pthread.h>
     #include <unistd.h>
     static void *wait_for_main(void *first) {
       pthread_join(*(pthread_t *)first, 0);
       usleep(100000);
       write(1, "ready", 5);
       for (;;) pause();
     }
     int main() {
       static pthread_t first, thread;
       first = pthread_self();
       pthread_create(&thread, 0, wait_for_main, &first);
       pthread_exit(0);
     }`,
  );
  rmSync(path);
  assert.equal(readFileSync(`/proc/${pid}/maps`, "utf8"), "");
  assert.notEqual(livingThread(pid), pid);
  const source = new ProcFileSource();
  const mapping = parseMaps(source.readMaps(pid) ?? "").find((found) => found.path === path);
  assert.ok(mapping?.deleted);
  const opened = source.openMapped(pid, mapping);
  if (process.getuid?.() !== 0) return; // map_files takes a capability
  if (isReason(opened)) return assert.fail(opened);
  assert.equal(readlinkSync(`/proc/self/fd/${opened.fd}`), `${path} (deleted)`);
  closeSync(opened.fd);
});

test("of sixty thousand mappings with the longest paths some megabytes are kept", async (t) => {
  const { pid, text } = await started(
    t,
    "many",
    [],
    `#define _GNU_SOURCE
     #include <fcntl.h>
     #include <stdio.h>
     #include <string.h>
     #include <sys/mman.h>
     #include <sys/stat.h>
     #include <unistd.h>
     int main(int count, char **arguments) {
       char name[251] = {};
       memset(name, 'd', 250);
       chdir(arguments[1]);
       for (int i = 0; i < 15; i++) mkdir(name, 0700), chdir(name);
       int fd = open("file", O_RDWR | O_CREAT, 0700), made = 0;
       ftruncate(fd, 8192);
       for (; made < 60000; made++)
         if (mmap(0, 4096, made % 64 ? PROT_READ : PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, made % 2 * 4096) == MAP_FAILED)
           break;
       printf("%d", made);
       fflush(stdout);
       for (;;) pause();
     }`,
  );
  assert.ok(Number(text) > 50_000, text);
  const before = process.resourceUsage().maxRSS;
  const maps = readExecutableMaps(pid) ?? "";
  const mappings = parseMaps(maps).filter(({ path }) => path.endsWith("/file"));
  const grownMib = (process.resourceUsage().maxRSS - before) / 1024;
  assert.ok(maps.length <= MAX_MAPS_BYTES + 8192);
  assert.ok(mappings.length > 900, `${mappings.length} mappings`);
  assert.equal(new Set(mappings.map(({ path }) => path)).size, 1);
  assert.ok(mappings[0].path.length > 3700);
  assert.ok(grownMib < 64, `${grownMib} MiB`);
});
