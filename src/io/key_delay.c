#include "io/key_delay.h"

#include "io/clock.h"

enum { PIECE_US = 10000 };

void key_delay_pass(struct key_delay *delay, const atomic_bool *cancelled)
{
    int64_t left_us = delay->each_us;
    if (left_us < 0) left_us = ++delay->passed % (uint64_t)-left_us == 0;
    while (left_us > 0 && !(cancelled && atomic_load(cancelled))) {
        int64_t piece_us = left_us < PIECE_US ? left_us : PIECE_US;
        clock_sleep_us(piece_us);
        left_us -= piece_us;
    }
}
