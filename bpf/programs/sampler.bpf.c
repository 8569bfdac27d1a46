// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * One tick of the clock: which open windows want it, and one record of where the CPU was for those that do.
 * Every tick is counted for every open window, as a sample, as filtered, or as dropped.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "namespace.h"
#include "processes.h"
#include "sample.h"
#include "user_stack.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Written by user space while the program runs: bit w belongs to window w. */
volatile u32 open_windows;
volatile u32 any_pid;
volatile u32 any_tid;
volatile u32 any_cpu;
volatile u32 include_idle;
volatile u32 kernel_only;

struct id_filter {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, u32);
	__type(value, u32);
};
/* id → the windows that name it */
struct id_filter pids SEC(".maps"), tids SEC(".maps"), cpus SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MAX_WINDOWS);
	__type(key, u32);
	__type(value, struct window_counters);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct scratch);
} scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 23);
} samples SEC(".maps");

/* Of the open windows those that let an id through: `any` let every id, the others name it. */
static u32 windows_allowing(u32 open, u32 any, void *filter, u32 id)
{
	u32 *windows;

	/* Most windows name nothing of the kind, and looking it up is a good part of a filtered tick. */
	if (!(open & ~any))
		return any;
	windows = bpf_map_lookup_elem(filter, &id);
	return windows ? any | *windows : any;
}

/* The kernel part of the stack, leaf first. Returns its length in bytes. */
static u32 fill_kernel_part(struct sample *sample, struct bpf_perf_event_data *ctx)
{
	s64 got = bpf_get_stack(ctx, sample->addresses, MAX_FRAMES * 8, 0);

	sample->kernel_bytes = got;
	return got > 0 ? got & STACK_BYTES_MASK : 0;
}

/* Fills the record but for `windows`, and returns its length in bytes. */
static u32 fill(struct scratch *scratch, struct bpf_perf_event_data *ctx, struct task_struct *task, u32 pid, u32 tid,
		u32 cpu)
{
	struct sample *sample = &scratch->sample;
	u32 bytes;

	sample->time_ns = bpf_ktime_get_ns();
	sample->cpu = cpu;
	sample->pid = pid;
	sample->tid = tid;
	sample->flags = task->mm ? 0 : SAMPLE_NO_USER_MEMORY;
	sample->unwind_end = UNWIND_END_COMPLETE;
	sample->user_bytes = 0;
	bpf_get_current_comm(sample->comm, sizeof(sample->comm));
	/* All 16 bytes: as a string, what the last sample left behind its zero would stay. */
	BPF_CORE_READ_INTO(&sample->process, task, group_leader, comm);

	bytes = fill_kernel_part(sample, ctx);
	if (!(sample->flags & SAMPLE_NO_USER_MEMORY) && (sample->windows & ~kernel_only))
		bytes += fill_user_part(scratch, ctx, bytes, task);
	return __builtin_offsetof(struct sample, addresses) + bytes;
}

SEC("perf_event")
int on_tick(struct bpf_perf_event_data *ctx)
{
	u32 open = open_windows, zero = 0;
	u64 ids = bpf_get_current_pid_tgid();
	u32 pid = ids >> 32, tid = ids, cpu = bpf_get_smp_processor_id();
	/* The one whose members are read without a helper's call. */
	struct task_struct *task = bpf_get_current_task_btf();
	struct window_counters *count;
	struct scratch *work;

	if (!open || !(work = bpf_map_lookup_elem(&scratch, &zero)))
		return 0;
	struct sample *sample = &work->sample;

	/* All windows at once: bit w says whether window w lets this thread on this CPU through. */
	u32 idle_ok = tid ? open : include_idle;
	u32 namespace_ok = open;
	if (pid_namespace && tid) {
		tid = id_in_namespace(task);
		pid = id_in_namespace(BPF_CORE_READ(task, group_leader));
		namespace_ok = tid ? open : 0;
	}
	u32 pid_ok = windows_allowing(open, any_pid, &pids, pid);
	u32 tid_ok = windows_allowing(open, any_tid, &tids, tid);
	u32 cpu_ok = windows_allowing(open, any_cpu, &cpus, cpu);

	/* Collected in memory: the verifier would follow every value that a local variable could have. */
	sample->windows = 0;
	for (u32 w = 0; w < MAX_WINDOWS; w++) {
		u32 bit = 1U << w;
		if (!(open & bit) || !(count = bpf_map_lookup_elem(&counters, &w)))
			continue;
		count->ticks++;
		if (!(idle_ok & bit))
			count->filtered_idle++;
		else if (!(namespace_ok & bit))
			count->filtered_other_namespace++;
		else if (!(pid_ok & bit))
			count->filtered_pid++;
		else if (!(tid_ok & bit))
			count->filtered_tid++;
		else if (!(cpu_ok & bit))
			count->filtered_cpu++;
		else
			sample->windows |= bit;
	}
	if (!sample->windows)
		return 0;

	u32 bytes = fill(work, ctx, task, pid, tid, cpu);
	/* Readers poll; a wake-up in each tick would cost more than the record. */
	s64 error = bpf_ringbuf_output(&samples, sample, bytes, BPF_RB_NO_WAKEUP);

	for (u32 w = 0; w < MAX_WINDOWS; w++) {
		if (!(sample->windows & (1U << w)) || !(count = bpf_map_lookup_elem(&counters, &w)))
			continue;
		if (error)
			count->dropped_ring_full++;
		else
			count->samples++;
	}
	return 0;
}
