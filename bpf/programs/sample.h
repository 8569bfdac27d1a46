/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The record that the sampler writes for each sample, and the counters beside it. Stated here and nowhere else:
 * bpf/sampler/layout.ts holds the offsets, and a test compares them with the built object's BTF.
 */
#pragma once

#include "unwind.h"

#define TASK_COMM_LEN 16

/* As many as kernel.perf_event_max_stack allows by default, and as the walk keeps. */
#define MAX_FRAMES 127

/* The most that is copied of a stack. */
#define MAX_STACK_BYTES (16 << 10)

/* Windows that can be open on one stream; a window is a bit in `windows`. */
#define MAX_WINDOWS 16

enum sample_flags {
	/* A kernel thread, or a task that has let its memory go: there is no user stack to walk. */
	SAMPLE_NO_USER_MEMORY = 1 << 0,
	/* The user stack can be walked further in user space: a struct unwind_pending follows the addresses. */
	SAMPLE_PENDING = 1 << 1,
};

struct sample {
	/* CLOCK_MONOTONIC */
	u64 time_ns;
	/* Bit w is set when window w asked for this sample. */
	u32 windows;
	u32 cpu;
	/* In the sampler's PID namespace. */
	u32 pid;
	u32 tid;
	u32 flags;
	/* How the walk of the user part ended. */
	enum unwind_end unwind_end;
	/* Length of each part of `addresses` in bytes; the kernel's may be a negative errno of bpf_get_stack(). */
	s32 kernel_bytes;
	s32 user_bytes;
	/* Name of the thread, and of the thread group's leader. */
	char comm[TASK_COMM_LEN];
	char process[TASK_COMM_LEN];
	/*
	 * Kernel part, then user part, each leaf first. Only the used part crosses the ring buffer. User addresses that are
	 * not behind a call have the bit UNWIND_NOT_RETURN_SHIFT.
	 * With SAMPLE_PENDING a struct unwind_pending and the copy of the stack come behind it.
	 */
	u64 addresses[2 * MAX_FRAMES];
};

_Static_assert(sizeof(struct sample) == 72 + 2 * MAX_FRAMES * 8, "no padding in struct sample");

/* For each window: ticks = samples + the filtered ones + the dropped ones. */
struct window_counters {
	u64 ticks;
	u64 samples;
	u64 filtered_idle;
	u64 filtered_other_namespace;
	u64 filtered_pid;
	u64 filtered_tid;
	u64 filtered_cpu;
	u64 dropped_ring_full;
};
