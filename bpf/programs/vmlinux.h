/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The few kernel types that the programs read, relocated by libbpf against the running kernel's BTF (CO-RE).
 * A field that is not read here is not listed.
 */
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef short s16;
typedef unsigned long long u64;
typedef int s32;
typedef long long s64;
typedef u32 __u32;
typedef u64 __u64;
typedef u16 __u16;
typedef u8 __u8;
typedef s32 __s32;
typedef s64 __s64;
typedef u16 __be16;
typedef u32 __be32;
typedef u32 __wsum;

/* enum bpf_map_type, include/uapi/linux/bpf.h */
#define BPF_MAP_TYPE_HASH 1
#define BPF_MAP_TYPE_ARRAY 2
#define BPF_MAP_TYPE_PERCPU_ARRAY 6
#define BPF_MAP_TYPE_ARRAY_OF_MAPS 12
#define BPF_MAP_TYPE_RINGBUF 27

#define BPF_F_NO_PREALLOC (1U << 0)
#define BPF_F_MMAPABLE (1U << 10)

#define BPF_F_USER_STACK (1ULL << 8)
#define BPF_RB_NO_WAKEUP (1ULL << 0)

/* include/uapi/linux/bpf_perf_event.h, with the struct pt_regs of arch/x86/include/uapi/asm/ptrace.h */
struct bpf_perf_event_data {
	struct {
		u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi, orig_rax, rip, cs, eflags, rsp, ss;
	} regs;
	u64 sample_period;
	u64 addr;
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct mm_struct {
	unsigned long start_code;
};

struct ns_common {
	unsigned int inum;
};

struct pid_namespace {
	struct ns_common ns;
};

/* The id of a task in one namespace. */
struct upid {
	int nr;
	struct pid_namespace *ns;
};

/* The ids of a task in its namespace and in those around it: numbers[0] is the initial one's. */
struct pid {
	unsigned int level;
	struct upid numbers[1];
};

/* arch/x86/include/asm/ptrace.h */
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip;
	unsigned short cs;
	unsigned long sp;
};

typedef struct {
	int counter;
} atomic_t;

struct signal_struct {
	/* Threads that have not ended. */
	atomic_t live;
};

struct task_struct {
	struct mm_struct *mm;
	struct signal_struct *signal;
	int tgid;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	char comm[16];
};

#pragma clang attribute pop
