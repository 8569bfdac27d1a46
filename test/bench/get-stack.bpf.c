// SPDX-License-Identifier: GPL-2.0
// The peer of the walk by tables: the stack of each sample of one process by the kernel's frame pointer walk.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define MAX_STACK_BYTES (127 * 8)

struct sample {
	__u64 time_ns;
	__s32 kernel_bytes;
	__s32 user_bytes;
	__u64 addresses[2 * 127];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sample);
} scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 23);
} samples SEC(".maps");

const volatile __u32 target_pid = 0;
__u64 count = 0;
__u64 frames = 0;

SEC("perf_event")
int on_tick(void *context)
{
	__u32 zero = 0, kernel_bytes, user_bytes;
	struct sample *sample;

	if (bpf_get_current_pid_tgid() >> 32 != target_pid || !(sample = bpf_map_lookup_elem(&scratch, &zero)))
		return 0;
	sample->time_ns = bpf_ktime_get_ns();
	sample->kernel_bytes = bpf_get_stack(context, sample->addresses, MAX_STACK_BYTES, 0);
	kernel_bytes = sample->kernel_bytes > 0 ? sample->kernel_bytes & 0x3f8 : 0;
	sample->user_bytes =
		bpf_get_stack(context, (void *)sample->addresses + kernel_bytes, MAX_STACK_BYTES, BPF_F_USER_STACK);
	user_bytes = sample->user_bytes > 0 ? sample->user_bytes & 0x3f8 : 0;
	bpf_ringbuf_output(&samples, sample, __builtin_offsetof(struct sample, addresses) + kernel_bytes + user_bytes,
			   BPF_RB_NO_WAKEUP);
	__sync_fetch_and_add(&count, 1);
	__sync_fetch_and_add(&frames, user_bytes / 8);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
