#include "server/config_kind.h"

#define NO_CLUSTER "there is no cluster mode"

static const struct config_name endpoints[] = {
    {"ip", CONFIG_ENDPOINT_IP},
    {"hostname", CONFIG_ENDPOINT_HOSTNAME},
    {"unknown-endpoint", CONFIG_ENDPOINT_UNKNOWN},
    {NULL, 0},
};

static bool check_enabled(const void *field, struct buf *reason)
{
    if (!*(const bool *)field) return true;
    buf_append_c(reason, "cluster mode is not supported; run one master with replicas");
    return false;
}

static const struct config_option options[] = {
    {"cluster-enabled", BOOL(cluster.enabled), .initial = "no", .flags = CONFIG_IMMUTABLE,
     .check = check_enabled},
    {"cluster-config-file", TEXT(cluster.config_file), .initial = "nodes.conf",
     .flags = CONFIG_IMMUTABLE, .not_yet = NO_CLUSTER},
    {"cluster-node-timeout", NUMBER(cluster.node_timeout_ms, 0, INT64_MAX), .initial = "15000",
     .not_yet = NO_CLUSTER},
    {"cluster-port", PORT(cluster.port), .initial = "0", .flags = CONFIG_IMMUTABLE,
     .not_yet = NO_CLUSTER},
    {"cluster-announce-ip", TEXT(cluster.announce_ip), .not_yet = NO_CLUSTER},
    {"cluster-announce-hostname", TEXT(cluster.announce_hostname), .not_yet = NO_CLUSTER},
    {"cluster-announce-human-nodename", TEXT(cluster.announce_human_nodename),
     .not_yet = NO_CLUSTER},
    {"cluster-announce-port", PORT(cluster.announce_port), .initial = "0", .not_yet = NO_CLUSTER},
    {"cluster-announce-tls-port", PORT(cluster.announce_tls_port), .initial = "0",
     .not_yet = NO_CLUSTER},
    {"cluster-announce-bus-port", PORT(cluster.announce_bus_port), .initial = "0",
     .not_yet = NO_CLUSTER},
    {"cluster-migration-barrier", NUMBER(cluster.migration_barrier, 0, INT_MAX), .initial = "1",
     .not_yet = NO_CLUSTER},
    {"cluster-replica-validity-factor", NUMBER(cluster.replica_validity_factor, 0, INT_MAX),
     .initial = "10", .alias = "cluster-slave-validity-factor", .not_yet = NO_CLUSTER},
    {"cluster-replica-no-failover", BOOL(cluster.replica_no_failover), .initial = "no",
     .alias = "cluster-slave-no-failover", .not_yet = NO_CLUSTER},
    {"cluster-require-full-coverage", BOOL(cluster.require_full_coverage), .initial = "yes",
     .not_yet = NO_CLUSTER},
    {"cluster-allow-reads-when-down", BOOL(cluster.allow_reads_when_down), .initial = "no",
     .not_yet = NO_CLUSTER},
    {"cluster-allow-pubsubshard-when-down", BOOL(cluster.allow_pubsubshard_when_down),
     .initial = "yes", .not_yet = NO_CLUSTER},
    {"cluster-allow-replica-migration", BOOL(cluster.allow_replica_migration), .initial = "yes",
     .not_yet = NO_CLUSTER},
    {"cluster-link-sendbuf-limit", MEMORY(cluster.link_sendbuf_limit, 0, INT64_MAX), .initial = "0",
     .not_yet = NO_CLUSTER},
    {"cluster-preferred-endpoint-type", ENUM(cluster.endpoint, endpoints), .initial = "ip",
     .not_yet = NO_CLUSTER},
};

CONFIG_AREA(cluster, "Cluster", options);
