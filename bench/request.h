/* One request of the open-loop probe, and what many of them amount to.
 *
 * The latency counts from the time the request was meant to leave. The attributable latency is
 * less the time the server's thread waited for a processor, and less the time by which the
 * request itself left too late. */
#ifndef BENCH_REQUEST_H
#define BENCH_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct request {
    uint64_t due_ns;
    uint64_t late_ns;
    uint64_t delay_ns; /* of the server's thread: before at first, between in the end */
    uint64_t latency_ns;
    uint64_t attributable_ns;
};

struct request request_begun(uint64_t due_ns, uint64_t now_ns, uint64_t delay_ns);
void request_close(struct request *request, uint64_t now_ns, uint64_t delay_ns);

/* Both sort the requests. */
void requests_print(struct request *requests, size_t count, const char *name, bool is_plain);
void requests_print_worst(struct request *requests, size_t count, uint64_t start_ns);

#endif
