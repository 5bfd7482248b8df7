/* One seed's story: a few servers, what they are told, what befalls them, and the healing.
 *
 * What a scenario can do is a table of actions; chance takes one after the other and lets some time
 * pass in between. In the end everything is repaired, all follow one master, and must become like
 * it. */
#ifndef SKEIN_SIM_SCENARIO_H
#define SKEIN_SIM_SCENARIO_H

#include "sim/check.h"

struct outcome_of_seed {
    bool is_good;
    uint64_t trace;
    int64_t lasted_us;
    struct check_counts counts;
};

struct outcome_of_seed scenario_run(uint64_t seed, bool is_verbose);

#endif
