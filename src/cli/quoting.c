#include "cli/quoting.h"

#include "base/words.h"

bool quoting_remove(struct str text, struct buf *out)
{
    struct words words = {0};
    bool ok = words_split(&words, text) && words.count == 1;
    if (ok) buf_append_str(out, words.list[0]);
    words_deinit(&words);
    return ok;
}
