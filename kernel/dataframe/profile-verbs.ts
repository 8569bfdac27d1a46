import { ProfileColumns } from "./profile-columns.js";
import type { ProfileData } from "./profile-data.js";
import type { ProfileLink } from "./profile-link.js";
import { between } from "./verbs/between.js";
import { byFunction } from "./verbs/by-function.js";
import { byProcess } from "./verbs/by-process.js";
import { byThread } from "./verbs/by-thread.js";
import { callees } from "./verbs/callees.js";
import { callers } from "./verbs/callers.js";
import { collapse } from "./verbs/collapse.js";
import { collapseRecursion } from "./verbs/collapse-recursion.js";
import { focus } from "./verbs/focus.js";
import type { FramePattern } from "./verbs/frame-pattern.js";
import { ignore } from "./verbs/ignore.js";
import { invert } from "./verbs/invert.js";
import type { LinkedColumns } from "./verbs/linked-columns.js";
import { normalize } from "./verbs/normalize.js";
import { type SplitKey, split } from "./verbs/split.js";

/**
 * What one does with profiles. Each verb makes a frame of what the rows of this one stand for, which can be drawn, and in
 * `meta.accounting` the samples that it left out are filtered, under its name: the account still adds up.
 */
export abstract class ProfileVerbs extends ProfileColumns {
  /** A frame of another profile, made of what the rows stand for. */
  protected abstract changed(verb: (data: ProfileData) => ProfileData): this;
  /** A frame of other rows over the same profile. */
  protected abstract grouped(verb: (link: ProfileLink) => LinkedColumns): this;

  /**
   * One row a thread and name, the most samples first: `pid, tid, process, comm, samples, time_ms` (milliseconds).
   *
   * @example df.byThread().head(1).flamegraph()
   */
  byThread(): this {
    return this.grouped(byThread);
  }

  /**
   * One row a process and name, the most samples first: `pid, process, threads` (how many), `samples, time_ms` (milliseconds).
   *
   * @example df.byProcess().query((row) => row.process === "postgres").flamegraph()
   */
  byProcess(): this {
    return this.grouped(byProcess);
  }

  /**
   * One row a function, the most samples of its own first: `name, module, kind`, `self` and `total` in samples, `self_ms` and
   * `total_ms` in milliseconds. A recursive function counts once a sample. What a row draws is the stacks that have it.
   *
   * @example df.byFunction().sortValues("total", { ascending: false }).head(10)
   */
  byFunction(): this {
    return this.grouped(byFunction);
  }

  /**
   * The samples of a part of the window: from `fromMs` on, before `toMs`, in milliseconds since the window's start. Their
   * `at_ms` in the table `samples` stay. Throws an Error for a profile that has no times.
   *
   * @example df.between(1500, 2000).flamegraph()
   */
  between(fromMs: number, toMs = Number.POSITIVE_INFINITY): this {
    return this.changed((data) => between(data, fromMs, toMs));
  }

  /**
   * The samples that have such a function in their stack, with whole stacks; or, by module, code of such a file.
   *
   * @param pattern A regular expression, or a whole name.
   * @example df.focus(/^std::map</); df.focus(/libssl/, { by: "module" })
   */
  focus(pattern: FramePattern, options: { by?: "name" | "module" } = {}): this {
    return this.changed((data) => focus(data, pattern, options.by));
  }

  /**
   * The samples that have no such function, or code of no such file, in their stack.
   *
   * @param pattern A regular expression, or a whole name.
   * @example df.ignore(/poll|select/)
   */
  ignore(pattern: FramePattern, options: { by?: "name" | "module" } = {}): this {
    return this.changed((data) => ignore(data, pattern, options.by));
  }

  /**
   * Who calls a function: its samples, with stacks from the root to where it is entered first. Their leaf is the function.
   *
   * @param name A regular expression, or a whole name.
   * @example df.callers("malloc").invert().flamegraph()
   */
  callers(name: FramePattern): this {
    return this.changed((data) => callers(data, name));
  }

  /**
   * What a function calls: its samples, with stacks from where it is entered first to the leaf. Their root is the function.
   *
   * @param name A regular expression, or a whole name.
   * @example df.callees("parse").flamegraph()
   */
  callees(name: FramePattern): this {
    return this.changed((data) => callees(data, name));
  }

  /**
   * Makes one frame, `[libc.so.6]`, of frames of one module that call each other.
   *
   * @param module A regular expression for the module's path, or the whole path; `[kernel]` and `[jit]` are modules too.
   * @example df.collapse(/libc|libpthread/).flamegraph()
   */
  collapse(module: FramePattern): this {
    return this.changed((data) => collapse(data, module));
  }

  /**
   * Makes one round of calls that repeat themselves at once: `a;a;a` becomes `a`, and `a;b;a;b;c` becomes `a;b;c`.
   *
   * @example df.collapseRecursion().flamegraph()
   */
  collapseRecursion(): this {
    return this.changed(collapseRecursion);
  }

  /**
   * Turns stacks round, the innermost frame first, so that a flame graph merges them by what was running.
   *
   * @example df.invert().flamegraph()
   */
  invert(): this {
    return this.changed(invert);
  }

  /**
   * Puts a frame under the root of each stack that says to which part it belongs, so that a flame graph has the parts side by
   * side: by `process`, `pid`, `comm`, `tid`, `cpu`, or by `kind`, `module`, `leaf`, `end` of the stack; by several, in order.
   *
   * @example df.split({ by: ["process", "tid"] }).flamegraph()
   */
  split({ by }: { by: SplitKey | readonly SplitKey[] }): this {
    return this.changed((data) => split(data, by));
  }

  /**
   * Scales samples and times, and the account, so that the samples add up to a number, or to those of another frame.
   *
   * @param to 100 without it: `samples` are then percent.
   * @example after.normalize(before)
   */
  normalize(to: number | ProfileVerbs = 100): this {
    const total = to instanceof ProfileVerbs ? (to.column("samples").sum() as number) : to;
    return this.changed((data) => normalize(data, total));
  }
}
