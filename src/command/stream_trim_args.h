/* The arguments that XADD and XTRIM share: how far a stream is to be trimmed. */
#ifndef SKEIN_COMMAND_STREAM_TRIM_ARGS_H
#define SKEIN_COMMAND_STREAM_TRIM_ARGS_H

#include "command/stream.h"

struct stream_trim_args {
    bool is_xadd;  /* said by the caller: XADD has an option more, and an id behind them */
    bool is_given; /* MAXLEN or MINID */
    struct stream_trim trim;
    bool has_limit;
    int64_t limit;
    bool no_mkstream; /* NOMKSTREAM */
};

/* Reads the options from *at on: for XADD up to the first argument that is none of them, its id;
 * for XTRIM all must be options. Both answer their errors. */
bool stream_trim_take(struct call *call, int *at, struct stream_trim_args *args);
/* Whether the options go together; what they leave open is settled. */
bool stream_trim_check(struct call *call, struct stream_trim_args *args);

enum { STREAM_TRIM_WORDS = 3 };
/* Room for the words of a trim that does the same wherever it is done again. */
struct stream_trim_text {
    struct str words[STREAM_TRIM_WORDS];
    char threshold[STREAM_ID_TEXT];
};
/* Writes those words for a stream that was just trimmed. */
void stream_trim_text(const struct value *stream, const struct stream_trim *trim,
                      struct stream_trim_text *text);

#endif
