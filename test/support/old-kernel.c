// An auditing library (rtld-audit(7)) that makes the kernel look older: syscall(2) of seccomp and of Landlock fails with ENOSYS.
// See old-kernel.ts.

#define _GNU_SOURCE
#include <errno.h>
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LANDLOCK_CREATE_RULESET 444

unsigned la_version(unsigned version) {
  return version < LAV_CURRENT ? version : LAV_CURRENT;
}

unsigned la_objopen(struct link_map *map, Lmid_t namespace, uintptr_t *cookie) {
  (void)map, (void)namespace, (void)cookie;
  return LA_FLG_BINDTO | LA_FLG_BINDFROM;
}

static int *(*errno_of_program)(void);

static long old_syscall(long number, long a, long b, long c, long d, long e, long f) {
  long result = -1;
  errno = ENOSYS;
  if (number != SYS_seccomp && number != LANDLOCK_CREATE_RULESET) result = syscall(number, a, b, c, d, e, f);
  // This library has a C library of its own; the program looks at the other one's errno.
  if (result == -1 && errno_of_program) *errno_of_program() = errno;
  return result;
}

uintptr_t la_symbind64(Elf64_Sym *symbol, unsigned index, uintptr_t *from, uintptr_t *to, unsigned *flags, const char *name) {
  (void)index, (void)from, (void)to, (void)flags;
  if (!strcmp(name, "__errno_location")) errno_of_program = (int *(*)(void))symbol->st_value;
  if (!strcmp(name, "syscall")) return (uintptr_t)old_syscall;
  return symbol->st_value;
}
