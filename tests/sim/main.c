/* Runs seeds: `sim [-v] [-r] FIRST COUNT`. -r runs each seed twice and compares the traces. */
#include "sim/fiber.h"
#include "sim/scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct totals {
    uint64_t good, bad;
    double virtual_s;
    struct check_counts counts;
};

static void add_up(struct totals *totals, const struct outcome_of_seed *outcome)
{
    totals->good += outcome->is_good;
    totals->bad += !outcome->is_good;
    totals->virtual_s += (double)outcome->lasted_us / 1e6 - 1000;
    totals->counts.places += outcome->counts.places;
    totals->counts.repeated += outcome->counts.repeated;
    totals->counts.full += outcome->counts.full;
    totals->counts.partial += outcome->counts.partial;
    totals->counts.starts += outcome->counts.starts;
    totals->counts.promises += outcome->counts.promises;
}

static bool run_seed(struct totals *totals, uint64_t seed, bool is_verbose, bool repeats)
{
    struct outcome_of_seed outcome = scenario_run(seed, is_verbose);
    if (repeats) {
        struct outcome_of_seed again = scenario_run(seed, false);
        if (again.trace != outcome.trace) {
            printf("seed %llu: VIOLATION: it does not repeat itself\n", (unsigned long long)seed);
            outcome.is_good = false;
        }
    }
    if (is_verbose)
        printf("seed %llu: trace %016llx\n", (unsigned long long)seed,
               (unsigned long long)outcome.trace);
    add_up(totals, &outcome);
    return outcome.is_good;
}

int main(int argc, char **argv)
{
    bool is_verbose = false, repeats = false;
    struct totals totals = {0};
    int at = 1;
    for (; at < argc && argv[at][0] == '-'; at++) {
        is_verbose = is_verbose || strcmp(argv[at], "-v") == 0;
        repeats = repeats || strcmp(argv[at], "-r") == 0;
    }
    uint64_t first = at < argc ? strtoull(argv[at], NULL, 10) : 1;
    uint64_t count = at + 1 < argc ? strtoull(argv[at + 1], NULL, 10) : 1;
    for (uint64_t seed = first; seed < first + count; seed++)
        run_seed(&totals, seed, is_verbose, repeats);
    fiber_free_spare();
    const struct check_counts *counts = &totals.counts;
    printf("%.0f virtual seconds, %llu places seen and %llu seen again, %llu full and %llu partial "
           "synchronisations, %llu crashes, %llu promises\n",
           totals.virtual_s, (unsigned long long)counts->places,
           (unsigned long long)counts->repeated, (unsigned long long)counts->full,
           (unsigned long long)counts->partial, (unsigned long long)counts->starts,
           (unsigned long long)counts->promises);
    printf("%llu passed, %llu failed\n", (unsigned long long)totals.good,
           (unsigned long long)totals.bad);
    return totals.bad ? 1 : 0;
}
