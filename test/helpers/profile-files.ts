import type { ProfileData } from "../../kernel/dataframe/profile-data.js";
import { ProfileFrame } from "../../kernel/dataframe/profile-frame.js";
import { samples } from "./samples.js";

/** A profile with everything that a format may lose: threads, kinds, inlined frames, lines, names of strangers. */
export function richProfile(): ProfileData {
  return samples(
    `
    comm:web server[tid:7][pid:5][process:web][cpu:1]  comm:web server[tid:7][pid:5][process:web]  comm:gc[tid:8][pid:5][process:web][end:no-table]  comm:kworker/0:1[tid:9][pid:9]  comm:web server[tid:7][pid:5][process:web]  comm:web server[tid:7][pid:5][process:web]
    main[mod:/bin/web][file:/src/main.c][line:3]       main[mod:/bin/web][file:/src/main.c][line:3]    mark[mod:/bin/web]                                work[kind:kernel]               main[mod:/bin/web][file:/src/main.c][line:3]  main[mod:/bin/web][file:/src/main.c][line:3]
    std::map<int, int>::at(int)[mod:/bin/web]          std::map<int, int>::at(int)[mod:/bin/web]       mark[mod:/bin/web]                                spin[kind:kernel]               constructor[mod:[jit]][kind:jit][file:/app/a.js][line:9][column:4]  std::map<int, int>::at(int)[mod:/bin/web]
    inner[mod:/bin/web][kind:inlined][file:/src/i.h][line:8]  inner[mod:/bin/web][kind:inlined][file:/src/i.h][line:8]  -                      -                               __proto__[mod:[jit]][kind:jit][file:/app/a.js][line:20][column:1]  inner[mod:/bin/web][kind:inlined][file:/src/i.h][line:8]
    étape (lambda) [clone]                             étape (lambda) [clone]                          -                                                 -                               -                                     innermost[mod:/bin/web][kind:inlined]
    read[kind:kernel]                                  -                                               -                                                 -                               -                                     -
    `,
  );
}

/** Samples and time by the columns named, sorted: what two profiles are compared by. */
export function totals(
  data: ProfileData,
  columns: readonly string[] = ["stack"],
): [string, number, number][] {
  const frame = ProfileFrame.fromProfile(data);
  const sums = new Map<string, [number, number]>();
  for (let row = 0; row < frame.shape[0]; row++) {
    const key = columns.map((name) => String(frame.column(name).values[row])).join(" | ");
    const sum = sums.get(key) ?? [0, 0];
    sum[0] += frame.samples.values[row] as number;
    sum[1] += frame.time_ms.values[row] as number;
    sums.set(key, sum);
  }
  return Array.from(sums, ([key, [count, ms]]): [string, number, number] => [key, count, ms]).sort((a, b) =>
    a[0] < b[0] ? -1 : 1,
  );
}

/** What each frame of each stack is, in words: `name module kind file:line`, root first, sorted. */
export function frameWords({ stacks, frames }: ProfileData): string[] {
  return stacks.end
    .map((_, stack) =>
      Array.from(stacks.frames.subarray(stacks.offsets[stack], stacks.offsets[stack + 1]), (f) =>
        [frames.name[f], frames.module[f], frames.kind[f], `${frames.file[f]}:${frames.line[f]}`].join(" "),
      ).join(" > "),
    )
    .sort();
}

/** Self and total samples of each function by its name. It has a row for each kind here, and one in other tools. */
export function functionTotals(frame: ProfileFrame): Map<string, [number, number]> {
  const table = frame.table("frames");
  const column = <T>(name: string) => table.column(name).values as T[];
  const [names, self, total] = [column<string>("name"), column<number>("self"), column<number>("total")];
  const found = new Map<string, [number, number]>();
  for (const [row, name] of names.entries()) {
    const sum = found.get(name) ?? [0, 0];
    found.set(name, [sum[0] + self[row], sum[1] + total[row]]);
  }
  return found;
}

export function byName<T>(totals: Map<string, T>): [string, T][] {
  return Array.from(totals).sort((a, b) => (a[0] < b[0] ? -1 : 1));
}
