/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Ids of tasks as the sampler sees them from its PID namespace. */
#pragma once

/* Inode of the sampler's PID namespace; 0 in the initial one, where the kernel's own ids are right. */
const volatile u32 pid_namespace;

/* MAX_PID_NS_LEVEL, include/linux/pid_namespace.h */
#define MAX_PID_NAMESPACES 33

/* The task's id in the sampler's PID namespace, or 0 when it cannot be seen from there. */
static u32 id_in_namespace(struct task_struct *task)
{
	struct pid *ids = BPF_CORE_READ(task, thread_pid);
	u32 level = BPF_CORE_READ(ids, level);

	for (u32 i = 0; i < MAX_PID_NAMESPACES && i <= level; i++) {
		struct upid *id = (void *)ids + bpf_core_field_offset(struct pid, numbers) + i * bpf_core_type_size(struct upid);
		if (BPF_CORE_READ(id, ns, ns.inum) == pid_namespace)
			return BPF_CORE_READ(id, nr);
	}
	return 0;
}
