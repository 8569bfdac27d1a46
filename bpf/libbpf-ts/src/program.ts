import { check, EINVAL } from "./check.js";
import { littleEndian } from "./codec.js";
import { UnsupportedError } from "./errors.js";
import { addressOf, libbpf } from "./ffi.js";
import { kernelAtLeast, kernelRelease } from "./kernel.js";
import { Link, PerfEventLink } from "./link.js";
import type { PerfEvent } from "./perf-event.js";
import { Descriptor, type Resource } from "./resource.js";

// enum bpf_attach_type, include/uapi/linux/bpf.h.
const BPF_PERF_EVENT = 41;

/** A program in the kernel, verified. */
export class Program extends Descriptor {
  /** The C function's name. */
  readonly name: string;

  /** @internal */
  constructor(name: string, fd: number, lender?: Resource) {
    super(`program "${name}"`, fd, { lender });
    this.name = name;
  }

  /**
   * Runs the program at each sample of the event, and enables the event unless told otherwise.
   *
   * The link takes the event over: closing the link closes it, and so does a failure here. The link is also closed
   * with the object that the program came from.
   *
   * @throws {UnsupportedError} before Linux 5.15
   */
  attachPerfEvent(event: PerfEvent, { enable = true }: { enable?: boolean } = {}): PerfEventLink {
    try {
      const operation = `attach ${this.title} to ${event.title}`;
      const result = libbpf().bpf_link_create(this.fd, event.fd, BPF_PERF_EVENT, null);
      if (result === -EINVAL && !kernelAtLeast("5.15")) {
        throw new UnsupportedError("a BPF link to a perf event", "5.15", { thisKernel: kernelRelease() });
      }
      const fd = check(operation, result, { needs: ["CAP_BPF", "CAP_PERFMON"] });
      const link = new PerfEventLink(`link of ${this.title} to ${event.title}`, fd, event, this.holder);
      try {
        if (enable) event.enable();
      } catch (error) {
        link.close();
        throw error;
      }
      return link;
    } catch (error) {
      event.close();
      throw error;
    }
  }

  /**
   * Runs the program at the tracepoint that its section names: `SEC("tp_btf/sched_process_exec")`.
   *
   * The link is also closed with the object that the program came from.
   *
   * @throws {BpfError} with code EINVAL for a program of another kind
   */
  attach(): Link {
    // The tracepoint is known since the program was loaded; a name is for programs without BTF.
    const fd = check(`attach ${this.title}`, libbpf().bpf_raw_tracepoint_open(null, this.fd), {
      needs: ["CAP_BPF", "CAP_PERFMON"],
    });
    return new Link(`link of ${this.title}`, fd, this.holder);
  }

  /**
   * Runs a SEC("syscall") program once, on this thread, and returns what it returned.
   *
   * @param context what the program gets as its argument; it may write to it
   */
  run(context?: Uint8Array): number {
    // struct bpf_test_run_opts, bpf/bpf.h: sz at 0, ctx_in 32, ctx_size_in 48, retval 56.
    const options = new Uint8Array(80);
    const view = new DataView(options.buffer);
    view.setBigUint64(0, BigInt(options.length), littleEndian);
    if (context !== undefined && context.length > 0) {
      view.setBigUint64(32, addressOf(context), littleEndian);
      view.setUint32(48, context.length, littleEndian);
    }
    check(`run ${this.title}`, libbpf().bpf_prog_test_run_opts(this.fd, options), { needs: ["CAP_BPF"] });
    return view.getUint32(56, littleEndian);
  }
}
