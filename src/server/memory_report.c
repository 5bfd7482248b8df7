#include "server/memory_report.h"

#include "base/mem.h"
#include "io/process.h"
#include "server/server.h"

#include <sys/param.h>

static double ratio(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

static void read_store(struct memory_report *report, const struct store *store)
{
    for (int i = 0; i < store->db_count; i++) {
        report->keys += store->dbs[i].table.len;
        report->tables += store->dbs[i].table.page_bytes;
    }
}

static void read_allocator(struct memory_report *report)
{
    struct mem_stats stats = mem_read_stats();
    report->allocated = stats.allocated ? stats.allocated : report->used;
    report->active = stats.active ? stats.active : report->used;
    report->resident = stats.resident ? stats.resident : report->rss;
    report->allocator_fragmentation = ratio(report->active, report->allocated);
    report->allocator_fragmentation_bytes = (int64_t)report->active - (int64_t)report->allocated;
    report->allocator_rss = ratio(report->resident, report->active);
    report->allocator_rss_bytes = (int64_t)report->resident - (int64_t)report->active;
    report->rss_overhead = ratio(report->rss, report->resident);
    report->rss_overhead_bytes = (int64_t)report->rss - (int64_t)report->resident;
    report->fragmentation = ratio(report->rss, report->used);
    report->fragmentation_bytes = (int64_t)report->rss - (int64_t)report->used;
}

static void read_journal(struct memory_report *report, const struct server *server)
{
    uint64_t window = (uint64_t)server->config.repl.backlog_size;
    if ((server->journal_readers & 1U << JOURNAL_FOR_REPLICAS) == 0) return;
    uint64_t held = journal_memory(&server->journal);
    report->backlog = MIN(held, window);
    report->replicas = held - report->backlog;
}

static void divide(struct memory_report *report)
{
    report->overhead =
        report->startup + report->clients + report->tables + report->backlog + report->replicas;
    if (report->used > report->overhead) report->dataset = report->used - report->overhead;
    uint64_t since_start = report->used > report->startup ? report->used - report->startup : 0;
    report->dataset_percent = 100 * ratio(report->dataset, since_start);
    report->peak_percent = 100 * ratio(report->used, report->peak);
    if (report->keys) report->bytes_per_key = since_start / report->keys;
}

void memory_report_read(struct memory_report *report, struct server *server)
{
    *report = (struct memory_report){
        .used = server_memory(server),
        .startup = server->memory_at_start,
        .rss = process_rss_bytes(),
    };
    report->peak = server->stats.peak_memory;
    read_store(report, server->store);
    report->clients = server->clients.memory;
    read_allocator(report);
    read_journal(report, server);
    divide(report);
}
