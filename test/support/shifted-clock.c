// An auditing library (rtld-audit(7)) that shifts the wall clock of a process: what it calls clock_gettime and
// gettimeofday, also by dlsym, adds the nanoseconds in the file named by ACCT_CLOCK_SHIFT. See shifted-clock.ts.

#define _GNU_SOURCE
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

#define SECOND_NS 1000000000LL

static const volatile int64_t *shift_ns;

unsigned la_version(unsigned version) {
  int fd = open(getenv("ACCT_CLOCK_SHIFT"), O_RDONLY);
  void *page = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *shift_ns, PROT_READ, MAP_SHARED, fd, 0);
  shift_ns = page == MAP_FAILED ? NULL : page;
  return version < LAV_CURRENT ? version : LAV_CURRENT;
}

unsigned la_objopen(struct link_map *map, Lmid_t namespace, uintptr_t *cookie) {
  (void)map, (void)namespace, (void)cookie;
  return LA_FLG_BINDTO | LA_FLG_BINDFROM;
}

static int shifted_gettime(clockid_t clock, struct timespec *time) {
  int result = clock_gettime(clock, time);
  if (result || clock != CLOCK_REALTIME || !shift_ns) return result;
  int64_t ns = time->tv_sec * SECOND_NS + time->tv_nsec + *shift_ns;
  *time = (struct timespec){ns / SECOND_NS, ns % SECOND_NS};
  return 0;
}

static int shifted_timeofday(struct timeval *time, void *zone) {
  struct timespec now;
  (void)zone;
  shifted_gettime(CLOCK_REALTIME, &now);
  *time = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
  return 0;
}

uintptr_t la_symbind64(Elf64_Sym *symbol, unsigned index, uintptr_t *from, uintptr_t *to, unsigned *flags, const char *name) {
  (void)index, (void)from, (void)to, (void)flags;
  if (!strcmp(name, "clock_gettime")) return (uintptr_t)shifted_gettime;
  if (!strcmp(name, "gettimeofday")) return (uintptr_t)shifted_timeofday;
  return symbol->st_value;
}
