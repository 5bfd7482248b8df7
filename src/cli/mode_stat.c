#include "cli/modes.h"

#include "cli/clock.h"
#include "cli/info_text.h"
#include "cli/output.h"
#include "cli/units.h"

static const int LINES_PER_HEADER = 20;

struct stat_state {
    int64_t requests;
    bool has_requests;
};

static void print_header(void)
{
    puts("------- data ------ --------------------- load -------------------- - child -");
    puts("keys       mem      clients blocked requests            connections          ");
}

static const char *busy_with(struct str info)
{
    if (info_text_number(info, "loading")) return "LOAD";
    bool saves = info_text_number(info, "rdb_bgsave_in_progress") ||
                 info_text_number(info, "bgsave_in_progress");
    bool rewrites = info_text_number(info, "aof_rewrite_in_progress");
    return saves ? (rewrites ? "SAVE+AOF" : "SAVE") : (rewrites ? "AOF" : "");
}

static void print_line(struct stat_state *state, struct str info)
{
    char memory[UNITS_MAX], number[48];
    units_bytes(memory, (double)info_text_number(info, "used_memory"));
    printf("%-11lld%-9s", (long long)info_text_key_count(info), memory);
    printf("%-8lld%-8lld", (long long)info_text_number(info, "connected_clients"),
           (long long)info_text_number(info, "blocked_clients"));
    int64_t requests = info_text_number(info, "total_commands_processed");
    snprintf(number, sizeof(number), "%lld (+%lld)", (long long)requests,
             (long long)(state->has_requests ? requests - state->requests : 0));
    printf("%-19s ", number);
    *state = (struct stat_state){requests, true};
    printf("%-12lld%s\n", (long long)info_text_number(info, "total_connections_received"),
           busy_with(info));
    output_flush();
}

int mode_stat(const struct cli_options *options)
{
    struct cli_session session;
    cli_session_init(&session, options);
    cli_session_must_connect(&session);
    struct stat_state state = {0};
    for (int line = 0;; line = (line + 1) % LINES_PER_HEADER) {
        struct reply_node reply;
        cli_session_must_succeed(&session, &reply, "INFO", NULL);
        if (line == 0) print_header();
        print_line(&state, reply_text(&reply));
        reply_node_clear(&reply);
        clock_sleep(options->interval_s > 0 ? options->interval_s : 1);
    }
}
