/* What jobs of the simulated workers may do that only threads can do really: wait. */
#ifndef SKEIN_SIM_WORKER_H
#define SKEIN_SIM_WORKER_H

#include <stdbool.h>
#include <stdint.h>

struct lane;

/* The lane whose job runs now; NULL on a data thread. */
struct lane *lane_current(void);
/* Sleeps until then or until lane_wake; returns at once when somebody waits for this lane. */
void lane_sleep_until(int64_t at_us);
void lane_wake(struct lane *lane);
/* The data thread waits for this lane, so nothing it waits for can come any more. */
bool lane_is_hurried(const struct lane *lane);
/* The time a disk takes, if a job asks for it. */
void lane_take_time(int64_t max_us);

#endif
