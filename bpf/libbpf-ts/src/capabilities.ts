import { readFileSync } from "node:fs";

/** Returns this process's effective capabilities by name, for example "CAP_BPF". */
export function capabilities(): Set<string> {
  const status = readFileSync("/proc/self/status", "utf8");
  const mask = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? "0"}`);
  const held = new Set<string>();
  for (let bit = 0; bit < 64; bit++) {
    if ((mask >> BigInt(bit)) & 1n)
      held.add(capabilityNames[bit] ? `CAP_${capabilityNames[bit]}` : `CAP_${bit}`);
  }
  return held;
}

// In the order of include/uapi/linux/capability.h, from bit 0.
const capabilityNames = (
  "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE " +
  "NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT " +
  "SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE " +
  "AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ " +
  "PERFMON BPF CHECKPOINT_RESTORE"
).split(" ");
