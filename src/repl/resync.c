#include "repl/resync.h"

#include "base/num.h"

static const char *const names[RESYNC_VERDICTS] = {
    [RESYNC_CONTINUE] = "continue",
    [RESYNC_FULL_FIRST] = "first-sync",
    [RESYNC_FULL_MALFORMED] = "malformed-request",
    [RESYNC_FULL_UNKNOWN_ID] = "unknown-history",
    [RESYNC_FULL_DIVERGED] = "diverged",
    [RESYNC_FULL_AHEAD] = "ahead-of-master",
    [RESYNC_FULL_TOO_OLD] = "no-longer-kept",
};

const char *resync_verdict_name(enum resync_verdict verdict)
{
    return names[verdict];
}

uint64_t resync_first_wanted(uint64_t offset)
{
    return offset + 1;
}

bool resync_offset_of(int64_t first_wanted, uint64_t *offset)
{
    if (first_wanted < 1) return false;
    *offset = (uint64_t)first_wanted - 1;
    return true;
}

struct resync_request resync_parse(struct str id, struct str first_wanted)
{
    struct resync_request request = {0};
    int64_t number;
    if (!num_parse_i64(first_wanted, &number)) return (struct resync_request){.malformed = true};
    if (str_eq(id, STR("?"))) return request;
    request.malformed =
        !repl_id_parse(id, &request.id) || !resync_offset_of(number, &request.offset);
    return request;
}

enum resync_verdict resync_decide(const struct lineage *lineage, struct offset_range kept,
                                  const struct resync_request *request)
{
    if (request->malformed) return RESYNC_FULL_MALFORMED;
    if (!repl_id_is_set(&request->id)) return RESYNC_FULL_FIRST;
    uint64_t shared;
    if (!lineage_shared_end(lineage, &request->id, &shared)) return RESYNC_FULL_UNKNOWN_ID;
    if (request->offset > shared) {
        bool present = repl_id_eq(&lineage->id, &request->id);
        return present ? RESYNC_FULL_AHEAD : RESYNC_FULL_DIVERGED;
    }
    return range_can_resume(kept, request->offset) ? RESYNC_CONTINUE : RESYNC_FULL_TOO_OLD;
}
