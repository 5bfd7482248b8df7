#include "server/pause.h"

#include "command/command.h"

#include <sys/param.h>

void pause_begin(struct pause *pause, enum pause_reason reason, enum pause_mode mode,
                 int64_t now_ms, int64_t timeout_ms)
{
    struct pause_of *of = &pause->of[reason];
    if (of->until_ms <= now_ms) *of = (struct pause_of){0};
    of->mode = MAX(of->mode, mode);
    of->until_ms = MAX(of->until_ms, now_ms + timeout_ms);
}

void pause_end(struct pause *pause, enum pause_reason reason)
{
    pause->of[reason] = (struct pause_of){0};
}

enum pause_mode pause_mode_at(const struct pause *pause, int64_t now_ms)
{
    enum pause_mode mode = PAUSE_NOTHING;
    for (int i = 0; i < PAUSE_REASONS; i++) {
        if (pause->of[i].until_ms > now_ms) mode = MAX(mode, pause->of[i].mode);
    }
    return mode;
}

int64_t pause_until_ms(const struct pause *pause)
{
    int64_t until_ms = 0;
    for (int i = 0; i < PAUSE_REASONS; i++) until_ms = MAX(until_ms, pause->of[i].until_ms);
    return until_ms;
}

bool pause_holds(const struct pause *pause, int64_t now_ms, uint32_t command_flags)
{
    switch (pause_mode_at(pause, now_ms)) {
    case PAUSE_NOTHING:
        return false;
    case PAUSE_WRITES:
        return (command_flags & (CMD_WRITE | CMD_MAY_REPLICATE)) != 0;
    case PAUSE_ALL:
        return true;
    }
    return false;
}
