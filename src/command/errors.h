/* The error texts of the protocol that more than one place answers. Clients map their prefixes. */
#ifndef SKEIN_COMMAND_ERRORS_H
#define SKEIN_COMMAND_ERRORS_H

#define ERR_WRONG_TYPE     "WRONGTYPE Operation against a key holding the wrong kind of value"
#define ERR_SYNTAX         "ERR syntax error"
#define ERR_NO_SUCH_KEY    "ERR no such key"
#define ERR_NOT_INTEGER    "ERR value is not an integer or out of range"
#define ERR_OUT_OF_RANGE   "ERR value is out of range"
#define ERR_NOT_POSITIVE   "ERR value is out of range, must be positive"
#define ERR_NOT_FLOAT      "ERR value is not a valid float"
#define ERR_NAN_OR_INF     "ERR increment would produce NaN or Infinity"
#define ERR_OVERFLOW       "ERR increment or decrement would overflow"
#define ERR_STRING_TOO_BIG "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
#define ERR_DB_INDEX       "ERR DB index is out of range"
#define ERR_INVALID_DB     "ERR invalid DB index"
#define ERR_SAME_OBJECT    "ERR source and destination objects are the same"
#define ERR_NO_AUTH        "NOAUTH Authentication required."
#define ERR_LOADING        "LOADING Redis is loading the dataset in memory"
#define ERR_MASTERDOWN                                                                             \
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."
#define ERR_READONLY   "READONLY You can't write against a read only replica."
#define ERR_NOREPLICAS "NOREPLICAS Not enough good replicas to write."
#define ERR_MISCONF                                                                                \
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to "  \
    "disk. Commands that may modify the data set are disabled, because this instance is "          \
    "configured to report errors during writes if RDB snapshotting fails "                         \
    "(stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB " \
    "error."
#define ERR_MISCONF_LOG                                                                            \
    "MISCONF Errors writing to the AOF file: see the log of the server for the reason."
#define ERR_OOM "OOM command not allowed when used memory > 'maxmemory'."
#define ERR_BUSY_SCRIPT                                                                            \
    "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."
#define ERR_BUSY_FUNCTION                                                                          \
    "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE."
#define ERR_EXECABORT "EXECABORT Transaction discarded because of previous errors."
#define ERR_BUSY_KEY  "BUSYKEY Target key name already exists."
#define ERR_BAD_DUMP  "ERR DUMP payload version or checksum are wrong"

#endif
