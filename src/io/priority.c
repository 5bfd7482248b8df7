#include "io/priority.h"

#include <sched.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's struct sched_attr as it was first; glibc 2.36 has neither it nor the calls. */
struct attributes {
    uint32_t size;
    uint32_t policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime_ns; /* Linux 6.12: the length of a turn; 0: the usual one */
    uint64_t deadline_ns, period_ns;
};

enum { SHORT_TURN_NS = 100 * 1000 }; /* the least the kernel grants */

bool priority_run_soon(void)
{
    struct attributes attributes = {.size = sizeof(attributes)};
    if (syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0) != 0) return false;
    if (attributes.policy != SCHED_OTHER) return false;
    attributes.runtime_ns = SHORT_TURN_NS;
    return syscall(SYS_sched_setattr, 0, &attributes, 0) == 0;
}
