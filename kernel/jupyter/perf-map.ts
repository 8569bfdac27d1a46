/** File in which V8 (`--perf-basic-prof`) names what it compiles. Its process removes it, or whoever sees it end. */
export function perfMap(pid: number): string {
  return `/tmp/perf-${pid}.map`;
}
