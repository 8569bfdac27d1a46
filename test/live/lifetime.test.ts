import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type ProfileFrame, type ProfileOptions, profile } from "../../kernel/index.js";
import { ownRuntimeDirectory } from "../helpers/sampler-runtime.js";

ownRuntimeDirectory();
const directory = mkdtempSync(join(tmpdir(), "proflab-lifetime-"));
after(() => rmSync(directory, { recursive: true, force: true }));

/** `NAME_outer` → `NAME_inner` → `NAME_leaf`, which computes for so many milliseconds of CPU time. */
const chain = (name: string) => `
  static volatile unsigned long ${name}_count;
  __attribute__((noinline)) void ${name}_leaf(void) {
    for (int i = 0; i < 200000; i++) ${name}_count += i * ${name}_count;
  }
  __attribute__((noinline)) void ${name}_inner(long ms) {
    struct timespec now, start;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
    do {
      ${name}_leaf();
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    } while ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 < ms);
  }
  __attribute__((noinline)) void ${name}_outer(long ms) { ${name}_inner(ms); ${name}_count++; }`;

const HEADERS =
  "#define _GNU_SOURCE\n#include <time.h>\n#include <unistd.h>\n#include <stdio.h>\n#include <stdlib.h>";

/** Compiles a program, or a library by `-shared`, without frame pointers. */
function compile(file: string, source: string, ...flags: string[]): string {
  const path = join(directory, file);
  writeFileSync(`${path}.c`, `${HEADERS}\n${source}`);
  const optimized = ["-O2", "-fomit-frame-pointer", "-fno-optimize-sibling-calls"];
  execFileSync("gcc", [...optimized, ...flags, "-o", path, `${path}.c`]);
  return path;
}

/** A program that runs one chain for the milliseconds of its first argument. */
const burner = (name: string) =>
  compile(name, `${chain(name)} int main(int c, char **v) { ${name}_outer(atol(v[1])); return 0; }`);

const ended = (child: ChildProcess) => new Promise<void>((resolve) => child.once("exit", () => resolve()));

function run(program: string, ...args: (string | number)[]): Promise<void> {
  const child = spawn(program, args.map(String), { stdio: ["ignore", "ignore", "inherit"] });
  return ended(child);
}

/** Samples while `work` runs. */
async function during(work: () => Promise<unknown>, options: ProfileOptions = {}): Promise<ProfileFrame> {
  const running = await profile.start({ frequency: 997, userOnly: true, ...options });
  await work();
  return running.stop();
}

/** Samples by stack, from `main` on, of the processes of a name. */
function stacksOf(frame: ProfileFrame, process: string) {
  const rows = frame.query(frame["process"].eq(process));
  const stacks = rows["stack"].values as string[];
  return stacks.map((stack, i) => ({
    stack: stack.replace(/^.*?(?=\bmain\b)/, ""),
    end: String(rows["end"].values[i]),
    samples: Number(rows["samples"].values[i]),
  }));
}

/** All samples of a process's chain are named and whole, but for what a start or an end cuts off. */
function assertWhole(frame: ProfileFrame, process: string, chains: Record<string, number>, starts = 1): void {
  const stacks = stacksOf(frame, process);
  const sum = (rows: typeof stacks) => rows.reduce((total, { samples }) => total + samples, 0);
  for (const [name, least] of Object.entries(chains)) {
    const own = stacks.filter(({ stack }) => new RegExp(`\\b${name}_(outer|inner|leaf)`).test(stack));
    const whole = own.filter(
      ({ stack, end }) =>
        end === "complete" && new RegExp(`^main;${name}_outer;${name}_inner(;|$)`).test(stack),
    );
    const shown = JSON.stringify(own.filter((row) => !whole.includes(row)).slice(0, 5));
    assert.ok(
      sum(whole) >= least,
      `${sum(whole)} samples of ${name} in ${process}, ${least} expected; ${shown}`,
    );
    assert.ok(
      sum(whole) >= 0.995 * sum(own),
      `${sum(own) - sum(whole)} of ${sum(own)} are not whole: ${shown}`,
    );
  }
  // Everything else is the loader and the C library, which every start goes through: some milliseconds.
  const others = stacks.filter(
    ({ stack }) => !Object.keys(chains).some((name) => stack.includes(`${name}_`)),
  );
  const total = sum(stacks);
  assert.ok(
    sum(others) <= 3 * starts + 0.05 * total,
    `${sum(others)} of ${total}: ${JSON.stringify(others.slice(0, 5))}`,
  );
}

test("what does not fit in the memory for tables is counted by that name, and is tried again when there is more", async () => {
  const large = process.execPath;
  const child = spawn(large, ["-e", "for (;;) JSON.parse('[1,2,3]'.repeat(0) || '[1]')"], {
    stdio: "ignore",
  });
  const halfASecond = () => new Promise((resolve) => setTimeout(resolve, 500));
  // The first window of this file's sampler: a table that is there stays, whatever a later window allows.
  const little = await during(halfASecond, { pid: child.pid, unwindTableMegabytes: 1 });
  const enough = await during(halfASecond, { pid: child.pid });
  child.kill("SIGKILL");
  assert.ok((little.meta.ends["over-budget"] ?? 0) > 50, JSON.stringify(little.meta.ends));
  assert.equal(enough.meta.ends["over-budget"], undefined);
  assert.ok((enough.meta.ends.complete ?? 0) > 50, JSON.stringify(enough.meta.ends));
});

test("a process that started after the window and exited before its end is named and whole", async () => {
  const program = burner("brief");
  const frame = await during(() => run(program, 500));
  assertWhole(frame, "brief", { brief: 200 });
});

test("processes that live for some milliseconds are named and whole", async () => {
  const program = burner("blink");
  const frame = await during(async () => {
    for (let i = 0; i < 25; i++) await run(program, 20);
  });
  assertWhole(frame, "blink", { blink: 150 }, 25);
});

test("a program that is deleted while it runs, before and within the window, is named and whole", async () => {
  const early = burner("early");
  const child = spawn(early, ["60000"], { stdio: "ignore" });
  await new Promise((resolve) => setTimeout(resolve, 100));
  rmSync(early);
  const before = await during(() => new Promise((resolve) => setTimeout(resolve, 500)), { pid: child.pid });
  const gone = ended(child);
  child.kill("SIGKILL");
  await gone;
  assertWhole(before, "early", { early: 50 }); // of a window by the clock, on a CPU that others may use

  const late = burner("late");
  const within = await during(async () => {
    const exited = run(late, 600);
    await new Promise((resolve) => setTimeout(resolve, 150));
    rmSync(late);
    // Another file may get the name, and on some filesystems the inode too.
    burner("later");
    execFileSync("mv", [join(directory, "later"), late]);
    await exited;
  });
  assertWhole(within, "late", { late: 200 });
});

test("each program of a chain of execve has its own names", async () => {
  const third = burner("third");
  const second = compile(
    "second",
    `${chain("second")} int main() { second_outer(300); execl("${third}", "third", "300", (char *)0); return 1; }`,
  );
  const first = compile(
    "first",
    `${chain("first")} int main() { first_outer(300); execl("${second}", "second", (char *)0); return 1; }`,
  );
  const frame = await during(() => run(first));
  assertWhole(frame, "first", { first: 120 });
  assertWhole(frame, "second", { second: 120 });
  assertWhole(frame, "third", { third: 120 });
});

test("libraries loaded one after the other, in the same place, are named by what was there", async () => {
  for (const name of ["alpha", "omega"]) compile(`lib${name}.so`, chain(name), "-shared", "-fPIC");
  const program = compile(
    "loader",
    `#include <dlfcn.h>
     __attribute__((noinline)) static void use(const char *library, const char *function) {
       void *handle = dlopen(library, RTLD_NOW);
       void (*call)(long) = dlsym(handle, function);
       printf("%p\\n", (void *)call);
       fflush(stdout);
       call(400);
       dlclose(handle);
     }
     int main() {
       use("${directory}/libalpha.so", "alpha_outer");
       use("${directory}/libomega.so", "omega_outer");
       return 0;
     }`,
    "-ldl",
  );
  let addresses = "";
  const frame = await during(() => {
    const child = spawn(program, { stdio: ["ignore", "pipe", "inherit"] });
    child.stdout.on("data", (text) => {
      addresses += text;
    });
    return ended(child);
  });
  const [first, second] = addresses.trim().split("\n");
  assert.equal(second, first, "the second library came to lie where the first had been");
  for (const name of ["alpha", "omega"]) {
    const own = stacksOf(frame, "loader").filter(({ stack }) => stack.includes(`${name}_`));
    const whole = own.filter(
      ({ stack, end }) => end === "complete" && stack.startsWith(`main;use;${name}_outer;${name}_inner`),
    );
    const [all, good] = [own, whole].map((rows) => rows.reduce((total, { samples }) => total + samples, 0));
    assert.ok(
      good >= 150 && good >= 0.995 * all,
      `${good} of ${all} of ${name}: ${JSON.stringify(own.slice(0, 5))}`,
    );
  }
});

test("a child that was forked, and executes nothing, is named and whole", async () => {
  const program = compile(
    "parent",
    `#include <sys/wait.h>
     #include <sys/prctl.h>
     ${chain("child")}
     int main() {
       usleep(200000);
       if (fork() == 0) {
         prctl(PR_SET_NAME, "forked");
         child_outer(400);
         _exit(0);
       }
       wait(NULL);
       return 0;
     }`,
  );
  const frame = await during(() => run(program));
  assertWhole(frame, "forked", { child: 150 });
});

test("a process whose first thread has ended is named and whole, before the window, within it, and what it loads then", async () => {
  compile("liblater.so", chain("later"), "-shared", "-fPIC");
  const program = compile(
    "headless",
    `#include <dlfcn.h>
     #include <pthread.h>
     ${chain("headless")}
     static void *work(void *library) {
       headless_outer(600);
       ((void (*)(long))dlsym(dlopen(library, RTLD_NOW), "later_outer"))(400);
       _exit(0);
     }
     int main(int count, char **arguments) {
       pthread_t thread;
       pthread_create(&thread, NULL, work, "${directory}/liblater.so");
       usleep(1000 * atol(arguments[1]));
       pthread_exit(NULL);
     }`,
    "-pthread",
    "-ldl",
  );
  const whole = (frame: ProfileFrame, name: string, least: number) => {
    const own = stacksOf(frame, "headless").filter(({ stack }) => stack.includes(name));
    const good = own.filter(
      ({ stack, end }) => end === "complete" && new RegExp(`work;${name}_outer;${name}_inner`).test(stack),
    );
    const [all, sum] = [own, good].map((rows) => rows.reduce((total, { samples }) => total + samples, 0));
    assert.ok(sum >= least && sum >= 0.995 * all, `${sum} of ${all} of ${name}`);
  };
  const within = await during(() => run(program, 200));
  whole(within, "headless", 150);
  whole(within, "later", 100);
  const child = spawn(program, ["0"], { stdio: "ignore" });
  await new Promise((resolve) => setTimeout(resolve, 150));
  rmSync(program);
  const before = await during(() => ended(child), { pid: child.pid });
  whole(before, "headless", 50);
  whole(before, "later", 50);
  assert.equal(before.meta.reasons.unmapped, undefined);
});

test("a program in a mount namespace of its own is named and whole", async () => {
  const program = burner("hidden");
  const script = `mount -t tmpfs none /mnt && cp ${program} /mnt/hidden && rm ${program} && exec /mnt/hidden 500`;
  const frame = await during(() => run("unshare", "-m", "sh", "-c", script));
  assertWhole(frame, "hidden", { hidden: 200 });
});

test("a program in a PID namespace of its own is named and whole", async () => {
  const program = burner("inner");
  const frame = await during(() => run("unshare", "--pid", "--fork", "--mount-proc", program, 500));
  assertWhole(frame, "inner", { inner: 200 });
});
