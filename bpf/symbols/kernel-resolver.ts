import { BoundedCache } from "./bounded-cache.js";
import type { FileSource } from "./file-source.js";
import { type ResolvedFrame, UNKNOWN } from "./frame.js";
import { Kallsyms, KERNEL_MODULE } from "./kallsyms.js";
import type { Reason } from "./reason.js";

/** Module of programs that BPF's compiler made. */
const BPF_MODULE = "[bpf]";
const CACHED_FRAMES = 1 << 14;

/**
 * Names kernel addresses by kallsyms, which is read at the first question and kept.
 *
 * It is read again when modules have come or gone, and, since nothing tells that BPF programs do, at most once after
 * each {@link refresh}: when an address is in a BPF program or in nothing that is known.
 */
export class KernelResolver {
  #kallsyms?: Kallsyms;
  #frames = new BoundedCache<bigint, ResolvedFrame>(CACHED_FRAMES);
  #modules?: string;
  #isFresh = false;
  #reason: Reason = "unknown-address";
  #note?: string;

  constructor(private readonly source: FileSource) {}

  resolve(address: bigint): ResolvedFrame {
    const known = this.#frames.get(address);
    if (known) return known;
    this.#kallsyms ??= this.#read();
    let symbol = this.#kallsyms.find(address);
    if (!this.#isFresh && (!symbol || symbol.module === BPF_MODULE)) {
      this.#kallsyms = this.#read();
      symbol = this.#kallsyms.find(address);
    }
    const frame: ResolvedFrame = symbol
      ? { ...symbol, kind: "kernel" }
      : { name: UNKNOWN, module: KERNEL_MODULE, kind: "kernel", reason: this.#reason };
    // Programs and unknown places may be others' before the next question.
    if (symbol && symbol.module !== BPF_MODULE) this.#frames.set(address, frame);
    return frame;
  }

  /** Why kernel frames have no names, if so. */
  notes(): string[] {
    return this.#note ? [this.#note] : [];
  }

  /** Takes notice of modules that came or went: costs one read of /proc/modules. */
  refresh(): void {
    const modules = this.source.readModules?.();
    if (modules === undefined || loadedModules(modules) !== this.#modules || this.#note) {
      this.#kallsyms = undefined;
      this.#frames.clear();
      this.#modules = modules && loadedModules(modules);
    }
    this.#note = undefined;
    this.#isFresh = false;
  }

  #read(): Kallsyms {
    this.#note = undefined;
    this.#isFresh = true;
    this.#reason = "unknown-address";
    let kallsyms: Kallsyms;
    try {
      kallsyms = Kallsyms.parse(this.source.readKallsyms());
    } catch (error) {
      this.#reason = "io-error";
      this.#note = `/proc/kallsyms cannot be read (${(error as Error).message}): kernel frames have no names`;
      return Kallsyms.parse("");
    }
    if (kallsyms.hidden) {
      this.#reason = "hidden";
      const restrict = this.source.readKptrRestrict?.()?.trim();
      const setting = restrict ? ` (kernel.kptr_restrict = ${restrict})` : "";
      this.#note = `kernel addresses are hidden${setting}: kernel frames have no names`;
    } else if (kallsyms.size === 0) {
      this.#reason = "missing-symbols";
      this.#note = "/proc/kallsyms has no functions: kernel frames have no names";
    }
    return kallsyms;
  }
}

/** Name and address of each module: `nf_tables 339968 3 nft_ct, Live 0xffffffffc0a00000` without the counts of users. */
function loadedModules(text: string): string {
  return text.replaceAll(/^(\S+) (\S+) .*? (\S+)(?: \(\w+\))?$/gm, "$1 $2 $3");
}
