#include "command/command.h"
#include "command/families.h"
#include "command/geo_commands.h"

#define GEO   .categories = CAT_GEO, .group = "geo"
#define READS .flags = CMD_READONLY, .keys = {KEY_ONE(KEY_RO | KEY_ACCESS, 1)}
#define UNIT  "<M | KM | FT | MI>"
#define WITH  "[WITHCOORD] [WITHDIST] [WITHHASH]"
#define SHAPE                                                                                      \
    "<FROMMEMBER member | FROMLONLAT <longitude latitude>> <BYRADIUS radius " UNIT                 \
    " | BYBOX width height " UNIT "> [ASC | DESC] [COUNT count [ANY]]"
#define RADIUS "radius " UNIT " " WITH " [COUNT count [ANY]@6.2.0] [ASC | DESC]"
#define STORE  " [STORE key] [STOREDIST key]"
#define UPPER_CASE                                                                                 \
    {                                                                                              \
        "7.0.0", "Takes the names of units in upper case too."                                     \
    }
#define SEARCHES "O(N+log(M)) with N the members in the cells around the area and M those inside it"
/* The target follows a word somewhere behind the first options. */
#define TARGET(keyword_, from_)                                                                    \
    {                                                                                              \
        .flags = KEY_OW | KEY_UPDATE, .begin = KEYS_AT_KEYWORD, .index = (from_),                  \
        .keyword = (keyword_), .step = 1                                                           \
    }
#define MAY_STORE(from_)                                                                           \
    .flags = CMD_WRITE | CMD_DENYOOM,                                                              \
    .keys = {KEY_ONE(KEY_RO | KEY_ACCESS, 1), TARGET("STORE", from_), TARGET("STOREDIST", from_)}

const struct command geo_commands[] = {
    {
        .name = "geoadd",
        .run = geo_geoadd,
        GEO,
        .arity = -5,
        .flags = CMD_WRITE | CMD_DENYOOM,
        .keys = {KEY_ONE(KEY_RW | KEY_UPDATE, 1)},
        .summary = "Adds members with their positions, or moves them to other ones.",
        .since = "3.2.0",
        .complexity = "O(log(N)) for each member, with N the members of the sorted set",
        .syntax = "key [NX | XX]@6.2.0 [CH]@6.2.0 <longitude latitude member> "
                  "[<longitude latitude member> ...]",
        .history = {{"6.2.0", "Takes the options `CH`, `NX` and `XX`."}},
    },
    {
        .name = "geopos",
        .run = geo_geopos,
        GEO,
        READS,
        .arity = -2,
        .summary = "Answers the longitudes and latitudes of members.",
        .since = "3.2.0",
        .complexity = "O(N) with N the members given",
        .syntax = "key member [member ...]",
    },
    {
        .name = "geodist",
        .run = geo_geodist,
        GEO,
        READS,
        .arity = -4,
        .summary = "Answers how far two members are from each other.",
        .since = "3.2.0",
        .complexity = "O(log(N))",
        .syntax = "key member1 member2 [M | KM | FT | MI]",
    },
    {
        .name = "geohash",
        .run = geo_geohash,
        GEO,
        READS,
        .arity = -2,
        .summary = "Answers the positions of members as geohash texts.",
        .since = "3.2.0",
        .complexity = "O(log(N)) for each member, with N the members of the sorted set",
        .syntax = "key member [member ...]",
    },
    {
        .name = "geosearch",
        .run = geo_geosearch,
        GEO,
        READS,
        .arity = -7,
        .summary = "Finds the members whose positions lie in a circle or a box.",
        .since = "6.2.0",
        .complexity = SEARCHES,
        .syntax = "key " SHAPE " " WITH,
        .history = {UPPER_CASE},
    },
    {
        .name = "geosearchstore",
        .run = geo_geosearchstore,
        GEO,
        .arity = -8,
        .flags = CMD_WRITE | CMD_DENYOOM,
        .keys = {KEY_ONE(KEY_OW | KEY_UPDATE, 1), KEY_ONE(KEY_RO | KEY_ACCESS, 2)},
        .summary = "Finds members as GEOSEARCH does and stores them under another key.",
        .since = "6.2.0",
        .complexity = SEARCHES,
        .syntax = "destination source " SHAPE " [STOREDIST]",
        .history = {UPPER_CASE},
    },
    {
        .name = "georadius",
        .run = geo_georadius,
        GEO,
        MAY_STORE(6),
        .arity = -6,
        .summary = "Finds the members in a circle around a position; may store them.",
        .since = "3.2.0",
        .complexity = SEARCHES,
        .syntax = "key longitude latitude " RADIUS STORE,
        .history = {{"6.2.0", "`COUNT` takes the option `ANY`."}, UPPER_CASE},
        .deprecated_since = "6.2.0",
        .replaced_by = "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument",
    },
    {
        .name = "georadius_ro",
        .run = geo_georadius_ro,
        GEO,
        READS,
        .arity = -6,
        .summary = "Finds the members in a circle around a position.",
        .since = "3.2.10",
        .complexity = SEARCHES,
        .syntax = "key longitude latitude " RADIUS,
        .history = {{"6.2.0", "`COUNT` takes the option `ANY`."}},
        .deprecated_since = "6.2.0",
        .replaced_by = "`GEOSEARCH` with the `BYRADIUS` argument",
    },
    {
        .name = "georadiusbymember",
        .run = geo_georadiusbymember,
        GEO,
        MAY_STORE(5),
        .arity = -5,
        .summary = "Finds the members in a circle around one of them; may store them.",
        .since = "3.2.0",
        .complexity = SEARCHES,
        .syntax = "key member " RADIUS STORE,
        .history = {UPPER_CASE},
        .deprecated_since = "6.2.0",
        .replaced_by = "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` "
                       "arguments",
    },
    {
        .name = "georadiusbymember_ro",
        .run = geo_georadiusbymember_ro,
        GEO,
        READS,
        .arity = -5,
        .summary = "Finds the members in a circle around one of them.",
        .since = "3.2.10",
        .complexity = SEARCHES,
        .syntax = "key member " RADIUS,
        .deprecated_since = "6.2.0",
        .replaced_by = "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments",
    },
    {0},
};
