#include "journal/segments.h"

static bool is_increment(const struct manifest_file *file)
{
    return str_ends_with(str_from_c(file->name), STR(".incr.aof"));
}

/* Bytes of the increments from this one on that have been replaced. */
static int64_t bytes_from(const struct manifest *manifest, const struct manifest_file *first)
{
    int64_t total = 0;
    for (size_t i = 0; i < manifest->count; i++) {
        const struct manifest_file *file = &manifest->files[i];
        bool counts = file->type == MANIFEST_HISTORY && is_increment(file);
        if (counts && file->seq >= first->seq) total += file->size_bytes;
    }
    return total;
}

static bool is_expired(const struct manifest *manifest, const struct manifest_file *file,
                       const struct segment_limits *limits)
{
    if (file->type != MANIFEST_HISTORY) return false;
    if (!is_increment(file) || limits->bytes == 0) return true;
    if (limits->age_s && limits->now_s - file->ended_s > limits->age_s) return true;
    return bytes_from(manifest, file) > limits->bytes;
}

const struct manifest_file *segments_expired(const struct manifest *manifest,
                                             const struct segment_limits *limits)
{
    for (size_t i = 0; i < manifest->count; i++) {
        if (is_expired(manifest, &manifest->files[i], limits)) return &manifest->files[i];
    }
    return NULL;
}
