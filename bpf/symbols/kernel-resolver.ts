import type { FileSource } from "./file-source.js";
import { type ResolvedFrame, UNKNOWN } from "./frame.js";
import { Kallsyms, KERNEL_MODULE } from "./kallsyms.js";
import type { Reason } from "./reason.js";

/** Names kernel addresses by kallsyms, which is read at the first question. */
export class KernelResolver {
  #kallsyms?: Kallsyms;
  #reason: Reason = "unknown-address";
  #note?: string;

  constructor(private readonly source: FileSource) {}

  resolve(address: bigint): ResolvedFrame {
    this.#kallsyms ??= this.#read();
    const symbol = this.#kallsyms.find(address);
    if (symbol) return { ...symbol, kind: "kernel" };
    return { name: UNKNOWN, module: KERNEL_MODULE, kind: "kernel", reason: this.#reason };
  }

  /** Why kernel frames have no names, if so. */
  notes(): string[] {
    return this.#note ? [this.#note] : [];
  }

  forget(): void {
    this.#kallsyms = undefined;
    this.#note = undefined;
  }

  #read(): Kallsyms {
    this.#note = undefined;
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
