#include "cli/modes.h"

#include "cli/clock.h"
#include "cli/format.h"
#include "cli/key_scan.h"
#include "cli/output.h"

int mode_scan(const struct cli_options *options)
{
    struct cli_session session;
    cli_session_init(&session, options);
    cli_session_must_connect(&session);
    struct key_scan scan;
    struct buf line = {0};
    key_scan_init(&scan, &session);
    while (key_scan_next(&scan)) {
        for (size_t i = 0; i < scan.keys->count; i++) {
            struct str key = reply_text(&scan.keys->items[i]);
            buf_clear(&line);
            if (options->output == OUTPUT_TTY)
                buf_append_quoted(&line, key);
            else
                buf_append_str(&line, key);
            buf_append_char(&line, '\n');
            output_write(buf_str(&line));
        }
        output_flush();
        if (options->interval_s > 0) clock_sleep(options->interval_s);
    }
    buf_deinit(&line);
    key_scan_deinit(&scan);
    cli_session_deinit(&session);
    return 0;
}
