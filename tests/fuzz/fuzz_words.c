/* Any line splits or is refused; the words of a line that splits, quoted and split again, are
 * the same words. */
#include "base/words.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct words words = {0}, again = {0};
    struct buf line = {0}, exact = {0};
    buf_append(&exact, data, size);
    if (words_split(&words, str_of(exact.ptr, exact.len))) {
        size_t bytes = 0;
        for (size_t i = 0; i < words.count; i++) {
            bytes += words.list[i].len;
            buf_append_quoted(&line, words.list[i]);
            buf_append_char(&line, ' ');
        }
        if (bytes > size || words.count > size) abort();
        if (!words_split(&again, buf_str(&line)) || again.count != words.count) abort();
        for (size_t i = 0; i < words.count; i++) {
            if (!str_eq(words.list[i], again.list[i])) abort();
        }
    } else if (words.count != 0) {
        abort();
    }
    words_deinit(&words);
    words_deinit(&again);
    buf_deinit(&line);
    buf_deinit(&exact);
    return 0;
}
