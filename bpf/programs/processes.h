/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The processes whose mappings are known. Mappings end with exec and with the process, before user space can know:
 * the programs here forget them at once, so that no stack is walked by the mappings of another program.
 */
#pragma once

#include "namespace.h"
#include "unwind.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, UNWIND_MAX_PROCESSES);
	/* The id of the thread group in the sampler's PID namespace. */
	__type(key, u32);
	__type(value, struct unwind_process);
} unwind_processes SEC(".maps");

static u32 process_id(struct task_struct *task)
{
	return pid_namespace ? id_in_namespace(BPF_CORE_READ(task, group_leader)) : BPF_CORE_READ(task, tgid);
}

/* A tracepoint's arguments: include/trace/events/sched.h */
SEC("tp_btf/sched_process_exec")
int on_exec(u64 *arguments)
{
	u32 pid = process_id((struct task_struct *)arguments[0]);

	bpf_map_delete_elem(&unwind_processes, &pid);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int on_exit(u64 *arguments)
{
	struct task_struct *task = (struct task_struct *)arguments[0];
	u32 pid = process_id(task);

	/* The thread that ends was taken off already (do_exit, kernel/exit.c). */
	if (BPF_CORE_READ(task, signal, live.counter) == 0)
		bpf_map_delete_elem(&unwind_processes, &pid);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int on_fork(u64 *arguments)
{
	struct task_struct *parent = (struct task_struct *)arguments[0], *child = (struct task_struct *)arguments[1];
	u32 parent_pid = process_id(parent), child_pid = process_id(child);
	struct unwind_process *known, copy;

	if (parent_pid == child_pid || !child_pid)
		return 0;
	known = bpf_map_lookup_elem(&unwind_processes, &parent_pid);
	if (!known)
		return 0;
	copy = *known;
	bpf_map_update_elem(&unwind_processes, &child_pid, &copy, 0);
	return 0;
}
