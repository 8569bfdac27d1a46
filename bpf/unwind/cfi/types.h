/* Types, registers, and what the program asks of its host. Freestanding: no library. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#include "../../programs/unwind.h"

/* Registers by their DWARF numbers (System V ABI for AMD64, figure 3.36). */
#define RCX 2
#define RBP 6
#define RSP 7
#define RIP 16

#define BUCKET_SHIFT 8

#define IMPORT(name) __attribute__((import_module("host"), import_name(#name))) extern
#define EXPORT(name) __attribute__((export_name(#name)))

/* What the compiler may call, since there is no library. */
void *memcpy(void *to, const void *from, __SIZE_TYPE__ bytes)
{
	for (__SIZE_TYPE__ i = 0; i < bytes; i++)
		((u8 *)to)[i] = ((const u8 *)from)[i];
	return to;
}

void *memset(void *to, int value, __SIZE_TYPE__ bytes)
{
	for (__SIZE_TYPE__ i = 0; i < bytes; i++)
		((u8 *)to)[i] = value;
	return to;
}

/* What runs seldom stays out of what runs often: that is then small, and compiled sooner. */
#define SELDOM __attribute__((noinline)) static

/* The 8 bytes at a virtual address of the file that a section is of, as a pointer; NaN when there are none. */
IMPORT(dereference) double dereference(u32 section, double address);

/* Where the next reservation begins. Nothing is freed: an instance makes one table. */
extern u8 __heap_base;
static u32 reserved_until;

/* Memory of zeros, a multiple of 8 of it. Ends the program when there is no more. */
static void *reserve(u32 bytes)
{
	if (!reserved_until)
		reserved_until = ((u32)&__heap_base + 7) & ~7u;
	u64 end = (u64)reserved_until + (((u64)bytes + 7) & ~7ull);
	u64 have = (u64)__builtin_wasm_memory_size(0) << 16;
	if (end > have) {
		/* An eighth more than is needed: each step costs the host a system call. */
		u64 more = (end - have + (end >> 3) + 0xffff) >> 16;
		if (__builtin_wasm_memory_grow(0, more) == (__SIZE_TYPE__)-1 &&
		    __builtin_wasm_memory_grow(0, (end - have + 0xffff) >> 16) == (__SIZE_TYPE__)-1)
			__builtin_trap();
	}
	void *memory = (void *)reserved_until;
	reserved_until = end;
	return memory;
}
