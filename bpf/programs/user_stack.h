/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The user part of a sample: walked by the tables in the arena, or copied for user space to walk. */
#pragma once

#include "sample.h"
#include "unwind.h"

struct unwind_chunk_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(u32));
	__uint(value_size, UNWIND_CHUNK_BYTES);
};
/* Chunks are made by user space as they are needed. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, UNWIND_MAX_CHUNKS);
	__type(key, u32);
	__array(values, struct unwind_chunk_map);
} unwind_arena SEC(".maps");

static __always_inline void *unwind_chunk(u32 number)
{
	u32 zero = 0;
	void *chunk = bpf_map_lookup_elem(&unwind_arena, &number);

	return chunk ? bpf_map_lookup_elem(chunk, &zero) : 0;
}

#define unwind_read(to, size, address) bpf_probe_read_user(to, size, (const void *)(address))

#include "unwind_step.h"

_Static_assert(MAX_FRAMES == UNWIND_MAX_FRAMES, "a sample has room for the walk");

/* A page, the step in which a stack is copied: pages are there or not as a whole. */
#define PAGE_BYTES 4096

/* A length of at most MAX_FRAMES addresses passes unchanged; the verifier sees the bound in the mask. */
#define STACK_BYTES_MASK 0x3f8
_Static_assert(STACK_BYTES_MASK == MAX_FRAMES * 8, "the mask is the largest length");

/* What is stored only as numbers, named once so that the object's BTF describes it to the tests. */
struct {
	struct unwind_row row;
	struct unwind_rule rule;
	enum unwind_cfa cfa;
	enum unwind_rbp rbp;
	enum unwind_rule_cfa rule_cfa;
	enum unwind_rule_ra rule_ra;
	enum unwind_rule_rbp rule_rbp;
	enum unwind_mapping_kind mapping_kind;
	enum unwind_register dwarf_register;
	enum unwind_frame_flags frame_flags;
} *unwind_layout;

/* What one tick works in. */
struct scratch {
	struct unwind_walk walk;
	struct sample sample;
	/* What follows `addresses` when they are all used; otherwise it lies in their unused part. */
	struct unwind_pending pending;
	u8 stack[MAX_STACK_BYTES + PAGE_BYTES];
};

/* __USER_CS, arch/x86/include/asm/segment.h: 64-bit code. */
#define USER_CODE_SEGMENT 0x33

/* The registers with which user code was interrupted, or with which it came into the kernel. Returns its segment. */
static __always_inline u64 read_user_registers(struct bpf_perf_event_data *ctx, u64 *to)
{
	if (ctx->regs.cs & 3) {
		to[0] = ctx->regs.rax, to[1] = ctx->regs.rdx, to[2] = ctx->regs.rcx, to[3] = ctx->regs.rbx;
		to[4] = ctx->regs.rsi, to[5] = ctx->regs.rdi, to[6] = ctx->regs.rbp, to[7] = ctx->regs.rsp;
		to[8] = ctx->regs.r8, to[9] = ctx->regs.r9, to[10] = ctx->regs.r10, to[11] = ctx->regs.r11;
		to[12] = ctx->regs.r12, to[13] = ctx->regs.r13, to[14] = ctx->regs.r14, to[15] = ctx->regs.r15;
		to[16] = ctx->regs.rip;
		return ctx->regs.cs;
	}
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
	to[0] = regs->ax, to[1] = regs->dx, to[2] = regs->cx, to[3] = regs->bx;
	to[4] = regs->si, to[5] = regs->di, to[6] = regs->bp, to[7] = regs->sp;
	to[8] = regs->r8, to[9] = regs->r9, to[10] = regs->r10, to[11] = regs->r11;
	to[12] = regs->r12, to[13] = regs->r13, to[14] = regs->r14, to[15] = regs->r15;
	to[16] = regs->ip;
	return regs->cs;
}

/* System calls in which a thread begins on a stack of its own: arch/x86/entry/syscalls/syscall_64.tbl */
#define SYSCALL_CLONE 56
#define SYSCALL_CLONE3 435
/* include/uapi/linux/sched.h */
#define CLONE_VM 0x100

/*
 * Whether the thread was just made and did not run in user mode yet: in the maker's registers the result of the call is
 * -ENOSYS until it returns (entry_SYSCALL_64). Its stack is the new one, where the unwind data at rip, the maker's, are
 * wrong.
 */
static __always_inline int is_new_thread(struct bpf_perf_event_data *ctx)
{
	if (ctx->regs.cs & 3)
		return 0;
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
	if (regs->ax)
		return 0;
	return regs->orig_ax == SYSCALL_CLONE3 || (regs->orig_ax == SYSCALL_CLONE && (regs->di & CLONE_VM));
}

/*
 * Whether the thread is between two programs: execve(2) has given it its new memory, in which no program is yet, and its
 * registers are still the old one's (load_elf_binary, fs/binfmt_elf.c).
 */
static __always_inline int is_between_programs(struct task_struct *task)
{
	return !task->mm->start_code;
}

/* Copies of the stack what can be read of it, page by page. Returns the bytes. */
static __always_inline u32 copy_stack(u8 *to, u64 from)
{
	u32 copied = 0;

	for (u32 i = 0; i < MAX_STACK_BYTES / PAGE_BYTES + 1; i++) {
		u32 bytes = PAGE_BYTES - ((from + copied) & (PAGE_BYTES - 1));
		if (copied >= MAX_STACK_BYTES)
			break;
		if (bpf_probe_read_user(to + copied, bytes, (void *)(from + copied)))
			break;
		copied += bytes;
	}
	return copied < MAX_STACK_BYTES ? copied : MAX_STACK_BYTES;
}

/*
 * Walks the user stack into the addresses from `kernel_bytes` on, and says in the record how that ended.
 * Returns the bytes that the record has behind the kernel's addresses.
 */
static __always_inline u32 fill_user_part(struct scratch *scratch, struct bpf_perf_event_data *ctx, u32 kernel_bytes,
					  struct task_struct *task)
{
	struct unwind_walk *walk = &scratch->walk;
	struct sample *sample = &scratch->sample;
	struct unwind_context context = { walk, (void *)sample->addresses + kernel_bytes };
	struct unwind_process *process = bpf_map_lookup_elem(&unwind_processes, &sample->pid);

	if (is_between_programs(task))
		return 0;

	walk->process = process ? *process : (struct unwind_process){};
	walk->flags = UNWIND_FRAME_LEAF | UNWIND_FRAME_ALL_REGISTERS;
	int is_64_bit = read_user_registers(ctx, walk->registers) == USER_CODE_SEGMENT;
	int is_new = is_new_thread(ctx);
	if (is_64_bit && !is_new) {
		unwind_run(&context);
	} else {
		context.addresses[0] = walk->registers[UNWIND_RIP] | 1ULL << UNWIND_NOT_RETURN_SHIFT;
		walk->count = 1;
		walk->end = is_new ? UNWIND_END_COMPLETE : UNWIND_END_UNSUPPORTED_RULE;
	}
	u32 user_bytes = (walk->count * 8) & STACK_BYTES_MASK;
	sample->user_bytes = user_bytes;
	sample->unwind_end = walk->end;
	if (walk->end != UNWIND_END_PENDING)
		return user_bytes;

	struct unwind_pending *pending = (void *)context.addresses + user_bytes;
	sample->flags |= SAMPLE_PENDING;
	__builtin_memcpy(pending->registers, walk->registers, sizeof(pending->registers));
	pending->flags = walk->flags;
	u32 stack_bytes = copy_stack((void *)(pending + 1), walk->registers[UNWIND_RSP]);
	pending->stack_bytes = stack_bytes;
	return user_bytes + sizeof(*pending) + stack_bytes;
}
