#include "repl/stream_rules.h"

static const struct rule {
    const char *name;
    enum stream_verdict verdict;
} rules[] = {
    {"select", STREAM_FRAME},
    {"multi", STREAM_FRAME},
    {"exec", STREAM_FRAME},
    {"ping", STREAM_LIFE},
    {"publish", STREAM_MESSAGE},
    {"spublish", STREAM_MESSAGE},
    {"replconf", STREAM_CONTROL},
    {"eval", STREAM_SCRIPT},
    {"evalsha", STREAM_SCRIPT},
    {"script", STREAM_SCRIPT},
    {"fcall", STREAM_SCRIPT},
    {"function", STREAM_DATA},
    {"pfcount", STREAM_DATA}, /* may write its cache */
    /* Writes that talk to other servers, or wait: masters send what came of them. */
    {"migrate", STREAM_FORBIDDEN},
    {"blpop", STREAM_FORBIDDEN},
    {"brpop", STREAM_FORBIDDEN},
    {"brpoplpush", STREAM_FORBIDDEN},
    {"blmove", STREAM_FORBIDDEN},
    {"blmpop", STREAM_FORBIDDEN},
    {"bzpopmin", STREAM_FORBIDDEN},
    {"bzpopmax", STREAM_FORBIDDEN},
    {"bzmpop", STREAM_FORBIDDEN},
};

enum stream_verdict stream_judge(struct str name, bool is_write)
{
    if (name.len == 0) return STREAM_UNKNOWN;
    for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
        if (str_is(name, rules[i].name)) return rules[i].verdict;
    }
    return is_write ? STREAM_DATA : STREAM_FORBIDDEN;
}
