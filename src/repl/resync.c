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

struct resync_request resync_parse(struct str id, struct str first_wanted)
{
    struct resync_request request = {0};
    int64_t number;
    if (!num_parse_i64(first_wanted, &number)) return (struct resync_request){.malformed = true};
    if (str_eq(id, STR("?"))) return request;
    request.malformed =
        !repl_id_parse(id, &request.id) || !offset_from_wire(number, &request.offset);
    return request;
}

enum resync_verdict resync_decide(const struct lineage *lineage, struct journal_range kept,
                                  const struct resync_request *request)
{
    if (request->malformed) return RESYNC_FULL_MALFORMED;
    if (!repl_id_is_set(&request->id)) return RESYNC_FULL_FIRST;
    int64_t shared;
    if (!lineage_shared_end(lineage, &request->id, &shared)) return RESYNC_FULL_UNKNOWN_ID;
    if (request->offset > shared) {
        bool present = repl_id_eq(&lineage->id, &request->id);
        return present ? RESYNC_FULL_AHEAD : RESYNC_FULL_DIVERGED;
    }
    return range_serves(kept, request->offset) ? RESYNC_CONTINUE : RESYNC_FULL_TOO_OLD;
}

bool resync_goes_back(const struct lineage *lineage, struct journal_range kept,
                      const struct resync_request *request, int64_t quiet, int64_t *place)
{
    int64_t shared;
    if (request->malformed || !lineage_shared_end(lineage, &request->id, &shared)) return false;
    *place = shared;
    return quiet <= shared && shared < request->offset && range_serves(kept, shared);
}
