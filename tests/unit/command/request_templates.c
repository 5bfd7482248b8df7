/* How each command that may change something is asked for. */
#include "unit/command/requests.h"

#define EXPIRY "[EX <s>|PX <ms>|EXAT <ats>|PXAT <atms>|KEEPTTL]"
#define WHEN   "[NX|XX|GT|LT]"
#define ENDS   "(LEFT|RIGHT)"
#define SOURCES                                                                                    \
    "2 (<zset>|<set>) (<zset>|<geo>) [WEIGHTS <weight> <weight>] [AGGREGATE (SUM|MIN|MAX)]"
#define TRIMS "(MAXLEN [=|~] <count>|MINID [=|~] <id>)"
#define SHAPE                                                                                      \
    "(FROMMEMBER <member>|FROMLONLAT <lon> <lat>) (BYRADIUS <radius> km|BYBOX <radius> <radius> "  \
    "km) [ASC|DESC] [COUNT 2 [ANY]]"
#define RADIUS "<radius> km [ASC|DESC] [COUNT 2 [ANY]] [(STORE|STOREDIST) (<geo>|<any>)]"

static const struct {
    const char *name, *template;
} TEMPLATES[] = {
    /* strings */
    {"append", "APPEND <string> <value>"},
    {"decr", "DECR <string>"},
    {"decrby", "DECRBY <string> <int>"},
    {"getdel", "GETDEL <string>"},
    {"getex", "GETEX <string> [EX <s>|PX <ms>|EXAT <ats>|PXAT <atms>|PERSIST]"},
    {"getset", "GETSET <string> <value>"},
    {"incr", "INCR <string>"},
    {"incrby", "INCRBY <string> <int>"},
    {"incrbyfloat", "INCRBYFLOAT <string> <float>"},
    {"mset", "MSET (<string> <value>)+"},
    {"msetnx", "MSETNX (<string> <value>)+"},
    {"psetex", "PSETEX <string> <ms> <value>"},
    {"set", "SET <string> (<value>|<number>) [NX|XX] (" EXPIRY "|PX 3000)"},
    {"setex", "SETEX <string> <s> <value>"},
    {"setnx", "SETNX <any> <value>"},
    {"setrange", "SETRANGE <string> <offset> <value>"},
    {"setbit", "SETBIT <string> <offset> <bit>"},
    {"bitop", "BITOP (AND|OR|XOR) <string> <string> <string>|BITOP NOT <string> <string>"},
    {"bitfield", "BITFIELD <string> ([OVERFLOW (WRAP|SAT|FAIL)] (SET|INCRBY) (u4|i8|u16) <offset> "
                 "<int>)+"},
    {"pfadd", "PFADD <hll> [<member>+]"},
    {"pfcount", "PFCOUNT <hll> [<hll>]"},
    {"pfdebug", "PFDEBUG (TODENSE|ENCODING|GETREG) <hll>"},
    {"pfmerge", "PFMERGE <hll> [<hll>+]"},
    /* keys */
    {"copy", "COPY <any> <any> [DB <db>] [REPLACE]"},
    {"del", "DEL <any>+"},
    {"expire", "EXPIRE <any> <s> " WHEN},
    {"expireat", "EXPIREAT <any> <ats> " WHEN},
    {"move", "MOVE <any> <db>"},
    {"persist", "PERSIST (<any>|<string>)"},
    {"pexpire", "PEXPIRE <any> (<ms>|-5) " WHEN},
    {"pexpireat", "PEXPIREAT <any> <atms> " WHEN},
    {"rename", "RENAME <any> <any>"},
    {"renamenx", "RENAMENX <any> <any>"},
    {"restore",
     "RESTORE <any> (0|<ms>) <dump> [REPLACE]|RESTORE <any> <atms> <dump> ABSTTL REPLACE"},
    {"restore-asking", "RESTORE-ASKING <any> <ms> <dump> REPLACE [FREQ 3|IDLETIME 5]"},
    {"sort", "SORT (<list>|<set>|<zset>) [BY <pattern>] [LIMIT 0 3] (GET #|GET <pattern>)+ ALPHA "
             "[DESC] STORE (<list>|<any>)|SORT <set> [BY <pattern>] ALPHA STORE <list>"},
    {"unlink", "UNLINK <any>+"},
    {"flushall", "FLUSHALL [ASYNC|SYNC]"},
    {"flushdb", "FLUSHDB [ASYNC|SYNC]"},
    {"swapdb", "SWAPDB <db> <db>"},
    /* lists */
    {"blmove", "BLMOVE <list> <list> " ENDS " " ENDS " 0"},
    {"blmpop", "BLMPOP 0 2 <list> <list> " ENDS " [COUNT 2]"},
    {"blpop", "BLPOP <list>+ 0"},
    {"brpop", "BRPOP <list>+ 0"},
    {"brpoplpush", "BRPOPLPUSH <list> <list> 0"},
    {"linsert", "LINSERT <list> (BEFORE|AFTER) <element> <element>"},
    {"lmove", "LMOVE <list> <list> " ENDS " " ENDS},
    {"lmpop", "LMPOP 2 <list> <list> " ENDS " [COUNT 2]"},
    {"lpop", "LPOP <list> [<count>]"},
    {"lpush", "LPUSH <list> <element>+"},
    {"lpushx", "LPUSHX <list> <value>"},
    {"lrem", "LREM <list> <int> (<element>|<element>|<number>)"},
    {"lset", "LSET <list> <index> <element>"},
    {"ltrim", "LTRIM <list> <count> (-1|<index>|-2)"},
    {"rpop", "RPOP <list> [<count>]"},
    {"rpoplpush", "RPOPLPUSH <list> <list>"},
    {"rpush", "RPUSH <list> (<element>|<number>)+"},
    {"rpushx", "RPUSHX <list> <element>+"},
    /* hashes */
    {"hdel", "HDEL <hash> (<field>|<field>|<member>|<number>)+"},
    {"hincrby", "HINCRBY <hash> <field> <int>"},
    {"hincrbyfloat", "HINCRBYFLOAT <hash> <field> <float>"},
    {"hmset", "HMSET <hash> (<field> <number>)+"},
    {"hset", "HSET <hash> (<field> (<value>|<number>))+"},
    {"hsetnx", "HSETNX <hash> (<field>|<member>|<element>|<number>) <value>"},
    /* sets */
    {"sadd", "SADD <set> (<member>|<number>)+"},
    {"sdiffstore", "SDIFFSTORE <set> <set> <set>"},
    {"sinterstore", "SINTERSTORE <set> <set> <set>"},
    {"smove", "SMOVE <set> <set> (<member>|<number>)"},
    {"spop", "SPOP <set> [<count>]"},
    {"srem", "SREM <set> (<member>|<number>)+ (<member>|<number>)+"},
    {"sunionstore", "SUNIONSTORE (<set>|<any>) <set> <set>"},
    /* sorted sets */
    {"bzmpop", "BZMPOP 0 2 <zset> <zset> (MIN|MAX) [COUNT 2]"},
    {"bzpopmax", "BZPOPMAX <zset>+ 0"},
    {"bzpopmin", "BZPOPMIN <zset>+ 0"},
    {"zadd",
     "ZADD <zset> [NX|XX|GT|LT] [CH] (<score> <member>)+|ZADD <zset> INCR <float> <member>"},
    {"zdiffstore", "ZDIFFSTORE <zset> 2 (<zset>|<set>) <zset>"},
    {"zincrby", "ZINCRBY <zset> <float> <member>"},
    {"zinterstore", "ZINTERSTORE <zset> " SOURCES},
    {"zmpop", "ZMPOP 2 <zset> <zset> (MIN|MAX) [COUNT 2]"},
    {"zpopmax", "ZPOPMAX <zset> [<count>]"},
    {"zpopmin", "ZPOPMIN <zset> [<count>]"},
    {"zrangestore", "ZRANGESTORE (<zset>|<any>) <zset> (0 2|0 2 REV|-inf inf BYSCORE LIMIT 1 2)"},
    {"zrem", "ZREM <zset> <member>+"},
    {"zremrangebylex", "ZREMRANGEBYLEX <zset> - <lex>"},
    {"zremrangebyrank", "ZREMRANGEBYRANK <zset> <count> <count>"},
    {"zremrangebyscore", "ZREMRANGEBYSCORE <zset> -inf <score>"},
    {"zunionstore", "ZUNIONSTORE (<zset>|<any>) " SOURCES},
    /* positions */
    {"geoadd", "GEOADD <geo> [NX|XX] [CH] (<lon> <lat> <member>)+"},
    {"georadius", "GEORADIUS <geo> <lon> <lat> " RADIUS},
    {"georadiusbymember", "GEORADIUSBYMEMBER <geo> <member> " RADIUS},
    {"geosearchstore", "GEOSEARCHSTORE (<geo>|<any>) <geo> " SHAPE " [STOREDIST]"},
    /* streams */
    {"xack", "XACK <stream> <group> <id>+"},
    {"xadd", "XADD <stream> [NOMKSTREAM] [" TRIMS
             "] (<newid>|<newid>|<newid>|<newid>|<newid>|<newid>|<newid>|<newid>|<newid>|5000-*|*) "
             "(<field> <value>)+"},
    {"xautoclaim", "XAUTOCLAIM <stream> <group> <consumer> (0|<ms>) - [COUNT 2] [JUSTID]"},
    {"xclaim", "XCLAIM <stream> <group> <consumer> (0|<ms>) <id>+ [IDLE <ms>|TIME <atms>] "
               "[RETRYCOUNT <count>] [FORCE] [JUSTID] [LASTID <id>]"},
    {"xdel", "XDEL <stream> <id>+"},
    {"xgroup|create",
     "XGROUP CREATE <stream> <group> (0|0|0|$|<id>) [MKSTREAM] [ENTRIESREAD <count>]"},
    {"xgroup|createconsumer", "XGROUP CREATECONSUMER <stream> <group> <consumer>"},
    {"xgroup|delconsumer", "XGROUP DELCONSUMER <stream> <group> <consumer>"},
    {"xgroup|destroy", "XGROUP DESTROY <stream> <group>"},
    {"xgroup|setid", "XGROUP SETID <stream> <group> (0|$|<id>) [ENTRIESREAD <count>]"},
    {"xreadgroup", "XREADGROUP GROUP <group> <consumer> [COUNT 2] [BLOCK 0] [NOACK] STREAMS "
                   "<stream> (>|>|0)|XREADGROUP GROUP <group> <consumer> STREAMS <stream> <stream> "
                   "> >"},
    {"xsetid",
     "XSETID <stream> (<newid>|<newid>|1800000000-<count>) [ENTRIESADDED 100 MAXDELETEDID <id>]"},
    {"xtrim", "XTRIM <stream> " TRIMS},
    /* scripts */
    {"eval", "EVAL <script> 1 <any> <value>"},
    {"evalsha", "EVALSHA <sha> 1 <any> <value>"},
    {"fcall", "FCALL <function> 1 <any> <value>"},
    {"function|delete", "FUNCTION DELETE <library>"},
    {"function|flush", "FUNCTION FLUSH [ASYNC|SYNC]"},
    {"function|load", "FUNCTION LOAD [REPLACE] <code>"},
    {"function|restore", "FUNCTION RESTORE <functions> (FLUSH|APPEND|REPLACE)"},
};

const char *request_template(const char *full_name)
{
    for (size_t i = 0; i < sizeof(TEMPLATES) / sizeof(TEMPLATES[0]); i++)
        if (str_is(str_from_c(full_name), TEMPLATES[i].name)) return TEMPLATES[i].template;
    return NULL;
}
