#include "request.h"

#include <stdio.h>
#include <stdlib.h>

#define WORST_KEPT 12

struct request request_begun(uint64_t due_ns, uint64_t now_ns, uint64_t delay_ns)
{
    return (struct request){.due_ns = due_ns, .late_ns = now_ns - due_ns, .delay_ns = delay_ns};
}

void request_close(struct request *request, uint64_t now_ns, uint64_t delay_ns)
{
    request->latency_ns = now_ns - request->due_ns;
    request->delay_ns = delay_ns - request->delay_ns;
    uint64_t excused = request->late_ns + request->delay_ns;
    request->attributable_ns = request->latency_ns > excused ? request->latency_ns - excused : 0;
}

static int compare(uint64_t left, uint64_t right)
{
    return left < right ? -1 : left > right;
}

static int by_latency(const void *a, const void *b)
{
    return compare(((const struct request *)a)->latency_ns,
                   ((const struct request *)b)->latency_ns);
}

static int by_attributable(const void *a, const void *b)
{
    return compare(((const struct request *)a)->attributable_ns,
                   ((const struct request *)b)->attributable_ns);
}

void requests_print(struct request *requests, size_t count, const char *name, bool is_plain)
{
    static const struct {
        const char *name;
        double share;
    } shares[] = {{"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}, {"max", 1.0}};
    qsort(requests, count, sizeof(*requests), is_plain ? by_latency : by_attributable);
    printf("\"%s\": {", name);
    for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
        size_t at = (size_t)(shares[i].share * (double)(count - 1));
        const struct request *request = &requests[at];
        uint64_t ns = is_plain ? request->latency_ns : request->attributable_ns;
        printf("%s\"%s\": %.1f", i ? ", " : "", shares[i].name, (double)ns / 1e3);
    }
    printf("},\n");
}

void requests_print_worst(struct request *requests, size_t count, uint64_t start_ns)
{
    qsort(requests, count, sizeof(*requests), by_latency);
    size_t kept = count < WORST_KEPT ? count : WORST_KEPT;
    printf("\"worst\": [\n");
    for (size_t i = 0; i < kept; i++) {
        const struct request *request = &requests[count - 1 - i];
        printf("  {\"at_s\": %.3f, \"reply_us\": %.1f, \"server_run_delay_us\": %.1f, "
               "\"sent_late_us\": %.1f}%s\n",
               (double)(request->due_ns - start_ns) / 1e9, (double)request->latency_ns / 1e3,
               (double)request->delay_ns / 1e3, (double)request->late_ns / 1e3,
               i + 1 < kept ? "," : "");
    }
    printf("],\n");
}
