import { readSync } from "node:fs";
import { checkSyscall, ENOENT, EOPNOTSUPP, failure } from "./check.js";
import { littleEndian } from "./codec.js";
import { UnsupportedError } from "./errors.js";
import { errno, libc } from "./ffi.js";
import { checkPeriod, encodePerfAttr, type PerfEventOptions } from "./perf-attr.js";
import { PerfRing } from "./perf-ring.js";
import { Descriptor } from "./resource.js";

/** An event of the kernel's perf subsystem. It counts, and runs attached programs, while it is enabled. */
export class PerfEvent extends Descriptor {
  /** Starts counting and sampling. */
  enable(): void {
    this.#control("enable", PERF_EVENT_IOC_ENABLE, null);
  }

  /** Stops counting and sampling until enable(). */
  disable(): void {
    this.#control("disable", PERF_EVENT_IOC_DISABLE, null);
  }

  /** Changes the sampling period: events, nanoseconds for the clocks. */
  setPeriod(period: number): void {
    const argument = new Uint8Array(BigUint64Array.of(BigInt(checkPeriod(period))).buffer);
    this.#control("set the period of", PERF_EVENT_IOC_PERIOD, argument);
  }

  /** Returns what was counted so far: events, nanoseconds for the clocks; of inherited threads too. */
  readCount(): bigint {
    const count = new Uint8Array(8);
    readSync(this.fd, count);
    return new DataView(count.buffer).getBigUint64(0, littleEndian);
  }

  /**
   * Maps a ring for the records that the event's options ask for. One an event; it is closed with the event.
   *
   * @param sizeBytes a power of two of whole pages; more than kernel.perf_event_mlock_kb takes CAP_IPC_LOCK
   */
  ring(sizeBytes: number): PerfRing {
    return new PerfRing(this.title, this.fd, sizeBytes, this);
  }

  #control(verb: string, request: number, argument: Uint8Array | null): void {
    checkSyscall(`${verb} ${this.title}`, libc().ioctl(this.fd, request, argument));
  }
}

// _IO('$', 0), _IO('$', 1) and _IOW('$', 4, __u64), include/uapi/linux/perf_event.h.
const PERF_EVENT_IOC_ENABLE = 0x2400;
const PERF_EVENT_IOC_DISABLE = 0x2401;
const PERF_EVENT_IOC_PERIOD = 0x40082404;
const PERF_FLAG_FD_CLOEXEC = 8;
// arch/x86/entry/syscalls/syscall_64.tbl; include/uapi/asm-generic/unistd.h.
const SYS_perf_event_open = process.arch === "x64" ? 298 : 241;

/**
 * Opens a perf event, disabled. Programs run on it after Program.attachPerfEvent().
 *
 * @throws {RangeError} for options that contradict each other or are out of range
 * @throws {PermissionError} without CAP_PERFMON, as far as kernel.perf_event_paranoid demands it
 * @throws {UnsupportedError} for an event that this machine cannot count
 * @throws {BpfError} ESRCH when there is no such thread, ENODEV when the CPU is offline
 */
export function openPerfEvent(options: PerfEventOptions): PerfEvent {
  const { type = "cpu-clock", cpu = -1, pid = -1 } = options;
  const title = describe(type, options.cpu, options.pid);
  const attr = encodePerfAttr(options);
  const fd = libc().syscall(SYS_perf_event_open, attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
  if (fd >= 0) return new PerfEvent(title, fd);
  const number = errno();
  if (number === ENOENT || number === EOPNOTSUPP) throw new UnsupportedError(`perf event ${type}`);
  throw failure(`open ${title}`, number, { needs: ["CAP_PERFMON"] });
}

function describe(type: string, cpu: number | undefined, pid: number | undefined): string {
  for (const [name, value] of Object.entries({ cpu, pid })) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 0)) {
      throw new RangeError(`${name} = ${value} is not a number from 0`);
    }
  }
  if (cpu === undefined && pid === undefined) throw new RangeError("a perf event needs a cpu, a pid or both");
  const where = [cpu === undefined ? "" : ` on CPU ${cpu}`, pid === undefined ? "" : ` of thread ${pid}`];
  return `perf event ${type}${where.join("")}`;
}
