"""CONFIG GET and SET of the directives that most configurations name."""

NAME = "config"
NEEDS = ["CONFIG GET", "CONFIG SET"]
GRAMMAR = """
 8! CONFIG SET <name> <setting>
 3! CONFIG SET (<name> <setting>)+
 5 CONFIG GET <name>+   => pairs
 1 CONFIG GET <glob>   => pairs
 1 CONFIG SET <fixed> <setting>
 1 CONFIG SET <name>
 1 CONFIG SET <name> <setting> <name>
 1 CONFIG GET nosuch
 1 CONFIG <junk>
 1 CONFIG RESETSTAT
 1 CONFIG
"""
# No noise: the stock server takes sizes beyond 64 bits, ours refuses them.
# Not here: directives that end the connections of the test (maxclients, maxmemory-clients).
NAMES = """maxmemory maxmemory-policy maxmemory-samples timeout tcp-keepalive hz dynamic-hz
 appendfsync loglevel
 slowlog-log-slower-than slowlog-max-len latency-monitor-threshold notify-keyspace-events
 hash-max-listpack-entries
 hash-max-listpack-value hash-max-ziplist-entries list-max-listpack-size list-compress-depth
 set-max-intset-entries
 zset-max-listpack-entries zset-max-listpack-value hll-sparse-max-bytes stream-node-max-bytes
 stream-node-max-entries activerehashing client-output-buffer-limit client-query-buffer-limit
 proto-max-bulk-len lazyfree-lazy-eviction lazyfree-lazy-expire lazyfree-lazy-server-del
 lfu-log-factor
 lfu-decay-time min-replicas-to-write min-slaves-to-write min-replicas-max-lag repl-timeout
 repl-backlog-size repl-backlog-ttl repl-ping-replica-period repl-ping-slave-period
 repl-diskless-sync
 repl-diskless-sync-delay replica-priority slave-priority replica-serve-stale-data slave-read-only
 replica-announce-ip replica-announce-port masterauth masteruser rdbcompression rdbchecksum
 stop-writes-on-bgsave-error save no-appendfsync-on-rewrite auto-aof-rewrite-percentage
 auto-aof-rewrite-min-size aof-use-rdb-preamble aof-timestamp-enabled acllog-max-len
 tracking-table-max-keys active-expire-effort crash-memcheck-enabled shutdown-timeout
 shutdown-on-sigterm busy-reply-threshold lua-time-limit oom-score-adj-values
 latency-tracking latency-tracking-info-percentiles propagation-error-behavior sanitize-dump-payload
 io-threads-do-reads-not""".split()
DOMAINS = {
    "name": [name.encode() for name in NAMES] + [b"MAXMEMORY", b"nosuch"],
    "fixed": [b"databases", b"port-not", b"io-threads", b"cluster-enabled", b"daemonize",
        b"pidfile", b"supervised"],
    "setting": [
        b"0", b"1", b"yes", b"no", b"100", b"", b"-1", b"1mb", b"64kb", b"2GB", b"1k", b"50%",
        b"x", b"10 20",  b"9223372036854775807", b"noeviction", b"allkeys-lru",
        b"volatile-ttl", b"everysec",
        b"always", b"notice", b"warning", b"debug", b"KEA", b"Ex", b"AKE", b"normal 0 0 0",
        b"pubsub 32mb 8mb 60",
        b"replica 256mb 64mb 60 normal 100mb 20mb 3", b"slave 1mb 1mb 1", b"3600 1 300 100",
        b"900 1", b"force", b"default",
        b"shutdown", b"50 99 99.9", b"1.5", b" 5", b"YES", b"-2", b"4", b"127.0.0.1", b"panic",
        b"ignore", b"clients",
    ],
    "glob": [b"*max-listpack*", b"maxmemory*", b"slave-*", b"replica-*", b"lfu-*", b"repl-*",
        b"lazyfree*", b"min-*"],
}  # fmt: skip


def restore(client, initial):
    for name, value in client.config("*").items():
        if name in initial and value != initial[name]:
            client("CONFIG", "SET", name, initial[name])
