import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** C in two files, so that link-time optimization inlines from one into the other; with a cold part and assembly. */
const C_FILES = {
  "shapes.h": `
    struct shape { int kind; double a, b; };
    double area(const struct shape *s);
    static inline double squared(double x) { return x * x; }
    static inline double circle(double r) { return 3.14159 * squared(r); }`,
  "shapes.c": `
    #include "shapes.h"
    #include <stdio.h>
    #include <stdlib.h>
    __attribute__((cold)) static void complain(int kind) { fprintf(stderr, "kind %d\\n", kind); abort(); }
    static double triangle(double base, double height) {
      double sum = 0;
      for (int i = 0; i < 3; i++) sum += squared(base) * height / (i + 1);
      return sum;
    }
    double area(const struct shape *s) {
      switch (s->kind) {
        case 0: return circle(s->a);
        case 1: return triangle(s->a, s->b);
        case 2: return squared(s->a) + circle(s->b);
      }
      complain(s->kind);
      return 0;
    }`,
  "main.c": `
    #include "shapes.h"
    #include <stdio.h>
    __asm__(".text\\n.globl bare\\n.type bare,@function\\nbare:\\n nop\\n nop\\n ret\\n.size bare,.-bare\\n");
    void bare(void);
    static int compare(double x, double y) { return x < y ? -1 : x > y; }
    static void sort(double *v, int n) {
      for (int i = 1; i < n; i++)
        for (int j = i; j > 0 && compare(v[j - 1], v[j]) > 0; j--) {
          double t = v[j]; v[j] = v[j - 1]; v[j - 1] = t;
        }
    }
    __attribute__((noinline)) double total(struct shape *all, int n) {
      double areas[64], sum = 0;
      for (int i = 0; i < n; i++) areas[i] = area(&all[i]);
      sort(areas, n);
      for (int i = 0; i < n; i++) sum += areas[i] / (i + 1);
      return sum;
    }
    int main(int argc, char **argv) {
      struct shape all[] = {{0, 1, 2}, {1, argc, 3}, {2, 4, (double)argv[0][0]}};
      bare();
      printf("%f\\n", total(all, 3));
      return 0;
    }`,
};

/** C++ with templates, lambdas, virtual calls, local classes and exceptions, whose handlers are split off as cold. */
const CPP_FILES = {
  "zoo.hpp": `
    #pragma once
    #include <algorithm>
    #include <map>
    #include <numeric>
    #include <stdexcept>
    #include <string>
    #include <vector>
    namespace zoo {
      struct Animal { virtual ~Animal() = default; virtual int weight(int day) const = 0; };
      template <typename T, int Factor> struct Scaled : Animal {
        T base;
        explicit Scaled(T b) : base(b) {}
        int weight(int day) const override { return static_cast<int>(base * Factor + grow(day)); }
        int grow(int day) const { return day > 300 ? throw std::out_of_range("day") : day * Factor % 7; }
      };
      int feed(const std::vector<Animal *> &animals, int day);
    }`,
  "main.cpp": `
    #include "zoo.hpp"
    #include <cstdio>
    int main(int argc, char **) {
      zoo::Scaled<int, 3> a(argc);
      zoo::Scaled<double, 5> b(2.5);
      std::map<std::string, int> seen;
      try {
        for (int day = 0; day < 400; day++) seen[std::to_string(day % 9)] += zoo::feed({&a, &b}, day);
      } catch (const std::exception &e) {
        std::printf("%s %zu\\n", e.what(), seen.size());
      }
      return 0;
    }`,
  "zoo.cpp": `
    #include "zoo.hpp"
    namespace {
      int hidden(const std::string &s) { return static_cast<int>(s.size() * 3 + std::count(s.begin(), s.end(), 'a')); }
      struct Order { bool operator()(int a, int b) const { return a % 10 < b % 10; } };
    }
    namespace zoo {
      int feed(const std::vector<Animal *> &animals, int day) {
        struct Local { int total = 0; void add(int n) { total += n > 5 ? n : hidden(std::to_string(n)); } } local;
        std::vector<int> weights;
        auto weigh = [&](const Animal *a) { int w = a->weight(day); weights.push_back(w); return w; };
        for (const Animal *a : animals) local.add(weigh(a));
        std::sort(weights.begin(), weights.end(), Order());
        std::sort(weights.begin(), weights.end(), [](int a, int b) { return a > b; });
        return local.total + std::accumulate(weights.begin(), weights.end(), 0, [](int s, int w) { return s ^ w; });
      }
    }`,
};

export const GO = `
package main

import (
	"fmt"
	"sort"
	"strings"
)

type item struct {
	name string
	n    int
}

func weigh(i item) int { return len(i.name)*3 + i.n }

//go:noinline
func total(items []item) (sum int) {
	for _, i := range items {
		sum += weigh(i)
	}
	return
}

func main() {
	items := []item{}
	for i := 0; i < 100; i++ {
		items = append(items, item{strings.Repeat("x", i%7), i})
	}
	sort.Slice(items, func(a, b int) bool { return weigh(items[a]) < weigh(items[b]) })
	fmt.Println(total(items))
}
`;

export const RUST = `
use std::collections::HashMap;

#[inline(never)]
fn count(words: &[String]) -> HashMap<String, usize> {
    let mut map = HashMap::new();
    for word in words {
        *map.entry(word.clone()).or_insert(0) += 1;
    }
    map
}

fn main() {
    let words: Vec<String> = (0..1000).map(|i| format!("w{}", i % 37)).collect();
    let mut all: Vec<_> = count(&words).into_iter().collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    println!("{:?}", all.first());
}
`;

/** Compiles a program of several files with `compiler` and gives its path. */
export function build(directory: string, name: string, compiler: string, flags: string[]): string {
  const files = compiler.includes("++") ? CPP_FILES : C_FILES;
  for (const [file, text] of Object.entries(files)) writeFileSync(join(directory, file), text);
  const sources = Object.keys(files).filter((file) => /\.c(pp)?$/.test(file));
  const output = join(directory, name);
  // Relative names, so that the paths have to be put together.
  execFileSync(compiler, ["-O2", ...flags, "-o", output, ...sources], {
    cwd: directory,
    stdio: ["ignore", "ignore", "pipe"],
  });
  return output;
}
