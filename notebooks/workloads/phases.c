// A main thread that works in phases (parse, then compress), and a flusher that wakes now and then.
// usage: phases PARSE_MS COMPRESS_MS; ends when its standard input does.
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static double now_ms(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

// Burns this much CPU time of the thread, however busy the machine is.
// The factor makes the functions differ: the compiler merges those that do not.
#define BURN(ms, factor)                                                         \
  for (volatile double end = now_ms(CLOCK_THREAD_CPUTIME_ID) + (ms), x = 1;      \
       now_ms(CLOCK_THREAD_CPUTIME_ID) < end;)                                   \
    for (volatile int i = 0; i < 20000; i++) x = x * factor + i

__attribute__((noinline, noclone)) static void parse_input(double ms) { BURN(ms, 0.9); }
__attribute__((noinline, noclone)) static void compress_block(double ms) { BURN(ms, 0.8); }
__attribute__((noinline, noclone)) static void flush_log(double ms) { BURN(ms, 0.7); }

static void *flusher(void *unused) {
  prctl(PR_SET_NAME, "flusher");
  for (;;) {
    usleep(300 * 1000);
    flush_log(30);
  }
  return unused;
}

int main(int count, char **argument) {
  double parse_ms = count > 1 ? atof(argument[1]) : 400, compress_ms = count > 2 ? atof(argument[2]) : 200;
  pthread_t thread;
  pthread_create(&thread, 0, flusher, 0);
  prctl(PR_SET_NAME, "worker");
  struct pollfd input = {0, POLLIN, 0};
  while (poll(&input, 1, 0) == 0) {
    parse_input(parse_ms);
    compress_block(compress_ms);
  }
}
