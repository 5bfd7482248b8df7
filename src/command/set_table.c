#include "command/command.h"
#include "command/families.h"
#include "command/set_commands.h"

#define READS(flags_)  .flags = CMD_READONLY | (flags_), .categories = CAT_SET, .group = "set"
#define WRITES(flags_) .flags = CMD_WRITE | (flags_), .categories = CAT_SET, .group = "set"
#define ONE(flags_)                                                                                \
    {                                                                                              \
        KEY_ONE((flags_), 1)                                                                       \
    }
#define ALL_READ                                                                                   \
    {                                                                                              \
        KEY_REST(KEY_RO | KEY_ACCESS, 1)                                                           \
    }
#define STORED(flags_)                                                                             \
    {                                                                                              \
        KEY_ONE((flags_), 1), KEY_REST(KEY_RO | KEY_ACCESS, 2)                                     \
    }

#define INTERSECTING "O(N*M) at worst, N the members of the smallest set and M the number of sets"
#define UNITING      "O(N) with N the members of all the sets"
#define SUBTRACTING  "O(N*M) at worst, N the members of the first set and M the number of sets"

const struct command set_commands[] = {
    {
        .name = "sadd",
        .run = set_sadd,
        .arity = -3,
        WRITES(CMD_DENYOOM | CMD_FAST),
        .keys = ONE(KEY_RW | KEY_INSERT),
        .summary = "Adds members to a set, creating the key when it does not exist.",
        .since = "1.0.0",
        .complexity = "O(N) with N the number of members given",
        .syntax = "key member [member ...]",
        .history = {{"2.4.0", "Takes more than one `member`."}},
    },
    {
        .name = "scard",
        .run = set_scard,
        .arity = 2,
        READS(CMD_FAST),
        .keys = ONE(KEY_RO),
        .summary = "Counts the members of a set.",
        .since = "1.0.0",
        .complexity = "O(1)",
        .syntax = "key",
    },
    {
        .name = "sdiff",
        .run = set_sdiff,
        .arity = -2,
        READS(0),
        .keys = ALL_READ,
        .summary = "Answers the members of the first set that are in none of the others.",
        .since = "1.0.0",
        .complexity = SUBTRACTING,
        .syntax = "key [key ...]",
        .tips = {"nondeterministic_output_order"},
    },
    {
        .name = "sdiffstore",
        .run = set_sdiffstore,
        .arity = -3,
        WRITES(CMD_DENYOOM),
        .keys = STORED(KEY_OW | KEY_UPDATE),
        .summary = "Stores the members of the first set that are in none of the others.",
        .since = "1.0.0",
        .complexity = SUBTRACTING,
        .syntax = "destination key [key ...]",
    },
    {
        .name = "sinter",
        .run = set_sinter,
        .arity = -2,
        READS(0),
        .keys = ALL_READ,
        .summary = "Answers the members that all of the sets have.",
        .since = "1.0.0",
        .complexity = INTERSECTING,
        .syntax = "key [key ...]",
        .tips = {"nondeterministic_output_order"},
    },
    {
        .name = "sintercard",
        .run = set_sintercard,
        .arity = -3,
        READS(CMD_MOVABLE_KEYS),
        .keys = {KEY_COUNTED(KEY_RO | KEY_ACCESS, 1)},
        .summary = "Counts the members that all of the sets have, up to a limit if wished.",
        .since = "7.0.0",
        .complexity = INTERSECTING,
        .syntax = "numkeys key [key ...] [LIMIT limit]",
    },
    {
        .name = "sinterstore",
        .run = set_sinterstore,
        .arity = -3,
        WRITES(CMD_DENYOOM),
        .keys = STORED(KEY_RW | KEY_UPDATE),
        .summary = "Stores the members that all of the sets have.",
        .since = "1.0.0",
        .complexity = INTERSECTING,
        .syntax = "destination key [key ...]",
    },
    {
        .name = "sismember",
        .run = set_sismember,
        .arity = 3,
        READS(CMD_FAST),
        .keys = ONE(KEY_RO),
        .summary = "Tells whether a set has a member.",
        .since = "1.0.0",
        .complexity = "O(1)",
        .syntax = "key member",
    },
    {
        .name = "smembers",
        .run = set_smembers,
        .arity = 2,
        READS(0),
        .keys = ONE(KEY_RO | KEY_ACCESS),
        .summary = "Answers all members of a set.",
        .since = "1.0.0",
        .complexity = "O(N) with N the number of members",
        .syntax = "key",
        .tips = {"nondeterministic_output_order"},
    },
    {
        .name = "smismember",
        .run = set_smismember,
        .arity = -3,
        READS(CMD_FAST),
        .keys = ONE(KEY_RO | KEY_ACCESS),
        .summary = "Tells for each of several members whether a set has it.",
        .since = "6.2.0",
        .complexity = "O(N) with N the number of members asked for",
        .syntax = "key member [member ...]",
    },
    {
        .name = "smove",
        .run = set_smove,
        .arity = 4,
        WRITES(CMD_FAST),
        .keys = {KEY_ONE(KEY_RW | KEY_ACCESS | KEY_DELETE, 1), KEY_ONE(KEY_RW | KEY_INSERT, 2)},
        .summary = "Moves a member from one set to another.",
        .since = "1.0.0",
        .complexity = "O(1)",
        .syntax = "source destination member",
    },
    {
        .name = "spop",
        .run = set_spop,
        .arity = -2,
        WRITES(CMD_FAST),
        .keys = ONE(KEY_RW | KEY_ACCESS | KEY_DELETE),
        .summary = "Removes members chosen by chance and answers them; the key goes with its last "
                   "member.",
        .since = "1.0.0",
        .complexity = "O(1) without a count, else O(N) with N the count; O(M) with M the size of "
                      "the set when a good part of it is popped",
        .syntax = "key [count]",
        .history = {{"3.2.0", "Takes a `count`."}},
        .tips = {"nondeterministic_output"},
    },
    {
        .name = "srandmember",
        .run = set_srandmember,
        .arity = -2,
        READS(0),
        .keys = ONE(KEY_RO | KEY_ACCESS),
        .summary = "Answers members of a set chosen by chance.",
        .since = "1.0.0",
        .complexity = "O(1) without a count, else O(N) with N the count; O(M) with M the size of "
                      "the set when many different ones are asked for",
        .syntax = "key [count]",
        .history = {{"2.6.0", "Takes a `count`."}},
        .tips = {"nondeterministic_output"},
    },
    {
        .name = "srem",
        .run = set_srem,
        .arity = -3,
        WRITES(CMD_FAST),
        .keys = ONE(KEY_RW | KEY_DELETE),
        .summary = "Removes members from a set; the key goes with its last member.",
        .since = "1.0.0",
        .complexity = "O(N) with N the number of members named",
        .syntax = "key member [member ...]",
        .history = {{"2.4.0", "Takes more than one `member`."}},
    },
    {
        .name = "sscan",
        .run = set_sscan,
        .arity = -3,
        READS(0),
        .keys = ONE(KEY_RO | KEY_ACCESS),
        .summary = "Walks over the members of a set in small steps.",
        .since = "2.8.0",
        .complexity = "O(1) for each call, O(N) for a whole walk over N members",
        .syntax = "key cursor [MATCH pattern] [COUNT count]",
        .tips = {"nondeterministic_output"},
    },
    {
        .name = "sunion",
        .run = set_sunion,
        .arity = -2,
        READS(0),
        .keys = ALL_READ,
        .summary = "Answers the members that any of the sets has.",
        .since = "1.0.0",
        .complexity = UNITING,
        .syntax = "key [key ...]",
        .tips = {"nondeterministic_output_order"},
    },
    {
        .name = "sunionstore",
        .run = set_sunionstore,
        .arity = -3,
        WRITES(CMD_DENYOOM),
        .keys = STORED(KEY_OW | KEY_UPDATE),
        .summary = "Stores the members that any of the sets has.",
        .since = "1.0.0",
        .complexity = UNITING,
        .syntax = "destination key [key ...]",
    },
    {0},
};
