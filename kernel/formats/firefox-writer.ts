import type { ProfileData } from "../dataframe/profile-data.js";
import { samplesByThread } from "./by-thread.js";
import { FirefoxThread } from "./firefox-thread.js";
import { jsonText } from "./long-text.js";

/**
 * Version of the processed format (its CHANGELOG-formats.md). An old one: each version of the viewer upgrades what was
 * written before it, and none reads what comes after.
 */
const VERSION = 48;
/** Of the markers and the rest that comes from Gecko; nothing of it is used. */
const GECKO_VERSION = 27;

/** The processed profile of the Firefox Profiler: https://profiler.firefox.com opens it from a file. */
export function writeFirefox(data: ProfileData): string {
  const { meta, threads } = data;
  const modules = new Set(
    data.frames.module.filter((module, row) => data.frames.kind[row] !== "jit" && module !== ""),
  );
  const libs = Array.from(modules, (path) => {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const codeId = meta.buildIds?.[path] ?? null;
    return { arch: meta.host.machine, name, path, debugName: name, debugPath: path, breakpadId: "", codeId };
  });
  const libOf = new Map(Array.from(modules, (path, i) => [path, i]));
  const written = samplesByThread(data).map(({ thread, rows }) => {
    const tables = new FirefoxThread(data, libOf);
    const samples = tables.samples(rows);
    return {
      processType: "default",
      processStartupTime: 0,
      processShutdownTime: null,
      registerTime: 0,
      unregisterTime: null,
      pausedRanges: [],
      processName: threads.process[thread],
      name: threads.comm[thread],
      isMainThread: threads.pid[thread] >= 0 && threads.pid[thread] === threads.tid[thread],
      pid: String(threads.pid[thread]),
      tid: threads.tid[thread],
      samples,
      markers: { data: [], name: [], startTime: [], endTime: [], phase: [], category: [], length: 0 },
      ...tables.tables(),
    };
  });
  return jsonText("toFirefox", {
    meta: {
      version: GECKO_VERSION,
      preprocessedProfileVersion: VERSION,
      interval: meta.unit === undefined && meta.period > 0 ? meta.period / 1e6 : 1,
      startTime: Date.parse(meta.window.startedAt),
      processType: 0,
      stackwalk: 1,
      debug: false,
      product: "proflab",
      importedFrom: "proflab",
      oscpu: `Linux ${meta.host.kernel}`,
      platform: "Linux",
      CPUName: meta.host.cpuModel,
      logicalCPUs: meta.host.cpuCount,
      categories: CATEGORIES,
      markerSchema: [],
      symbolicated: true,
      doesNotUseFrameImplementation: true,
      usesOnlyOneStackType: true,
      sourceCodeIsNotOnSearchfox: true,
    },
    libs,
    pages: [],
    threads: written,
  });
}

/** Kinds of code, in the order of {@link CATEGORY_OF}. */
const CATEGORIES = [
  { name: "Other", color: "grey", subcategories: ["Other"] },
  { name: "User", color: "blue", subcategories: ["Other"] },
  { name: "Kernel", color: "orange", subcategories: ["Other"] },
  { name: "JavaScript", color: "yellow", subcategories: ["Other"] },
];
