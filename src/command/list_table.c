#include "command/command.h"
#include "command/families.h"
#include "command/list_commands.h"

#define LIST .categories = CAT_LIST, .group = "list"
#define PUSHES                                                                                     \
    .arity = -3, .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST,                                      \
    .keys = {KEY_ONE(KEY_RW | KEY_INSERT, 1)}, .syntax = "key element [element ...]",              \
    .complexity = "O(N) with N the number of elements given"
#define POPS                                                                                       \
    .arity = -2, .flags = CMD_WRITE | CMD_FAST,                                                    \
    .keys = {KEY_ONE(KEY_RW | KEY_ACCESS | KEY_DELETE, 1)}, .since = "1.0.0",                      \
    .syntax = "key [count]@6.2.0", .history = {{"6.2.0", "Takes a `count`."}},                     \
    .complexity = "O(N) with N the number of elements answered"
#define MOVES                                                                                      \
    .flags = CMD_WRITE | CMD_DENYOOM,                                                              \
    .keys = {KEY_ONE(KEY_RW | KEY_ACCESS | KEY_DELETE, 1), KEY_ONE(KEY_RW | KEY_INSERT, 2)},       \
    .complexity = "O(1)"
#define FRACTIONS "The `timeout` may have a fraction."
#define WAITS_FOR_KEYS                                                                             \
    .arity = -3, .flags = CMD_WRITE | CMD_NOSCRIPT | CMD_BLOCKING,                                 \
    .keys = {KEYS_AND_TIMEOUT(KEY_RW | KEY_ACCESS | KEY_DELETE, 1)},                               \
    .complexity = "O(N) with N the number of keys", .syntax = "key [key ...] timeout",             \
    .history = {{"6.0.0", FRACTIONS}}
#define WAITS_TO_MOVE                                                                              \
    .flags = CMD_WRITE | CMD_DENYOOM | CMD_NOSCRIPT | CMD_BLOCKING,                                \
    .keys = {KEY_ONE(KEY_RW | KEY_ACCESS | KEY_DELETE, 1), KEY_ONE(KEY_RW | KEY_INSERT, 2)},       \
    .complexity = "O(1)"
#define MANY_ELEMENTS(since_) .history = {{since_, "Takes more than one `element`."}}

const struct command list_commands[] = {
    {
        .name = "lpush",
        .run = list_lpush,
        LIST,
        PUSHES,
        MANY_ELEMENTS("2.4.0"),
        .summary = "Adds elements before the first one of a list, which is created if need be.",
        .since = "1.0.0",
    },
    {
        .name = "rpush",
        .run = list_rpush,
        LIST,
        PUSHES,
        MANY_ELEMENTS("2.4.0"),
        .summary = "Adds elements behind the last one of a list, which is created if need be.",
        .since = "1.0.0",
    },
    {
        .name = "lpushx",
        .run = list_lpushx,
        LIST,
        PUSHES,
        MANY_ELEMENTS("4.0.0"),
        .summary = "Adds elements before the first one of a list that exists.",
        .since = "2.2.0",
    },
    {
        .name = "rpushx",
        .run = list_rpushx,
        LIST,
        PUSHES,
        MANY_ELEMENTS("4.0.0"),
        .summary = "Adds elements behind the last one of a list that exists.",
        .since = "2.2.0",
    },
    {
        .name = "lpop",
        .run = list_lpop,
        LIST,
        POPS,
        .summary = "Takes the first element or elements out of a list.",
    },
    {
        .name = "rpop",
        .run = list_rpop,
        LIST,
        POPS,
        .summary = "Takes the last element or elements out of a list.",
    },
    {
        .name = "llen",
        .run = list_llen,
        LIST,
        .arity = 2,
        .flags = CMD_READONLY | CMD_FAST,
        .keys = {KEY_ONE(KEY_RO, 1)},
        .summary = "Counts the elements of a list.",
        .since = "1.0.0",
        .complexity = "O(1)",
        .syntax = "key",
    },
    {
        .name = "lindex",
        .run = list_lindex,
        LIST,
        .arity = 3,
        .flags = CMD_READONLY,
        .keys = {KEY_ONE(KEY_RO | KEY_ACCESS, 1)},
        .summary = "Answers the element at a position of a list.",
        .since = "1.0.0",
        .complexity = "O(log(N)) with N the length of the list",
        .syntax = "key index",
    },
    {
        .name = "lrange",
        .run = list_lrange,
        LIST,
        .arity = 4,
        .flags = CMD_READONLY,
        .keys = {KEY_ONE(KEY_RO | KEY_ACCESS, 1)},
        .summary = "Answers the elements between two positions of a list.",
        .since = "1.0.0",
        .complexity = "O(log(N)+M) with N the length of the list and M the elements answered",
        .syntax = "key start stop",
    },
    {
        .name = "lpos",
        .run = list_lpos,
        LIST,
        .arity = -3,
        .flags = CMD_READONLY,
        .keys = {KEY_ONE(KEY_RO | KEY_ACCESS, 1)},
        .summary = "Finds the positions at which a list holds an element.",
        .since = "6.0.6",
        .complexity = "O(N) with N the number of elements that are looked at",
        .syntax = "key element [RANK rank] [COUNT num-matches] [MAXLEN len]",
    },
    {
        .name = "linsert",
        .run = list_linsert,
        LIST,
        .arity = 5,
        .flags = CMD_WRITE | CMD_DENYOOM,
        .keys = {KEY_ONE(KEY_RW | KEY_INSERT, 1)},
        .summary = "Adds an element before or behind another one.",
        .since = "2.2.0",
        .complexity = "O(N) with N the number of elements before the one that is looked for",
        .syntax = "key <BEFORE | AFTER> pivot element",
    },
    {
        .name = "lset",
        .run = list_lset,
        LIST,
        .arity = 4,
        .flags = CMD_WRITE | CMD_DENYOOM,
        .keys = {KEY_ONE(KEY_RW | KEY_UPDATE, 1)},
        .summary = "Replaces the element at a position of a list.",
        .since = "1.0.0",
        .complexity = "O(log(N)) with N the length of the list",
        .syntax = "key index element",
    },
    {
        .name = "ltrim",
        .run = list_ltrim,
        LIST,
        .arity = 4,
        .flags = CMD_WRITE,
        .keys = {KEY_ONE(KEY_RW | KEY_DELETE, 1)},
        .summary = "Removes all elements but those between two positions of a list.",
        .since = "1.0.0",
        .complexity = "O(N) with N the number of elements removed",
        .syntax = "key start stop",
    },
    {
        .name = "lrem",
        .run = list_lrem,
        LIST,
        .arity = 4,
        .flags = CMD_WRITE,
        .keys = {KEY_ONE(KEY_RW | KEY_DELETE, 1)},
        .summary = "Removes equal elements, counted from either end of a list.",
        .since = "1.0.0",
        .complexity = "O(N+M) with N the length of the list and M the elements removed",
        .syntax = "key count element",
    },
    {
        .name = "lmove",
        .run = list_lmove,
        LIST,
        MOVES,
        .arity = 5,
        .summary = "Moves an element from an end of one list to an end of another.",
        .since = "6.2.0",
        .syntax = "source destination <LEFT | RIGHT> <LEFT | RIGHT>",
    },
    {
        .name = "rpoplpush",
        .run = list_rpoplpush,
        LIST,
        MOVES,
        .arity = 3,
        .summary = "Moves the last element of one list to the front of another.",
        .since = "1.2.0",
        .syntax = "source destination",
        .deprecated_since = "6.2.0",
        .replaced_by = "`LMOVE` with the `RIGHT` and `LEFT` arguments",
    },
    {
        .name = "lmpop",
        .run = list_lmpop,
        LIST,
        .arity = -4,
        .flags = CMD_WRITE,
        .keys = {KEY_COUNTED(KEY_RW | KEY_ACCESS | KEY_DELETE, 1)},
        .summary = "Takes elements out of the first of several lists that is not empty.",
        .since = "7.0.0",
        .complexity = "O(N+M) with N the number of keys and M the elements answered",
        .syntax = "numkeys key [key ...] <LEFT | RIGHT> [COUNT count]",
    },
    {
        .name = "blpop",
        .run = list_blpop,
        LIST,
        WAITS_FOR_KEYS,
        .summary = "Takes the first element out of the first of several lists that is not empty; "
                   "waits for one.",
        .since = "2.0.0",
    },
    {
        .name = "brpop",
        .run = list_brpop,
        LIST,
        WAITS_FOR_KEYS,
        .summary = "Takes the last element out of the first of several lists that is not empty; "
                   "waits for one.",
        .since = "2.0.0",
    },
    {
        .name = "blmove",
        .run = list_blmove,
        LIST,
        WAITS_TO_MOVE,
        .arity = 6,
        .summary = "Moves an element from an end of one list to an end of another; waits for one.",
        .since = "6.2.0",
        .syntax = "source destination <LEFT | RIGHT> <LEFT | RIGHT> timeout",
    },
    {
        .name = "brpoplpush",
        .run = list_brpoplpush,
        LIST,
        WAITS_TO_MOVE,
        .arity = 4,
        .summary = "Moves the last element of one list to the front of another; waits for one.",
        .since = "2.2.0",
        .syntax = "source destination timeout",
        .history = {{"6.0.0", FRACTIONS}},
        .deprecated_since = "6.2.0",
        .replaced_by = "`BLMOVE` with the `RIGHT` and `LEFT` arguments",
    },
    {
        .name = "blmpop",
        .run = list_blmpop,
        LIST,
        .arity = -5,
        .flags = CMD_WRITE | CMD_BLOCKING,
        .keys = {KEY_COUNTED(KEY_RW | KEY_ACCESS | KEY_DELETE, 2)},
        .summary = "Takes elements out of the first of several lists that is not empty; waits for "
                   "one.",
        .since = "7.0.0",
        .complexity = "O(N+M) with N the number of keys and M the elements answered",
        .syntax = "timeout numkeys key [key ...] <LEFT | RIGHT> [COUNT count]",
    },
    {0},
};
