#include "script/recent.h"

#include "base/mem.h"

enum { SAMPLES = 4 };

/* Scripts are often alike but for a part: so words from all over the text. */
static size_t slot_of(struct str text)
{
    uint64_t mix = text.len;
    for (size_t i = 0; i <= SAMPLES && text.len >= sizeof(mix); i++) {
        uint64_t word;
        memcpy(&word, text.ptr + (text.len - sizeof(word)) * i / SAMPLES, sizeof(word));
        mix = (mix ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        mix ^= mix >> 32;
    }
    return mix >> (64 - RECENT_SLOTS_LOG); /* the upper bits: all bytes took part in them */
}

struct script *recent_find(const struct recent_scripts *recent, struct str text)
{
    const struct recent_script *slot = &recent->slots[slot_of(text)];
    bool is_it = slot->text && str_eq(str_of(slot->text, slot->len), text);
    return is_it ? slot->script : NULL;
}

void recent_put(struct recent_scripts *recent, struct str text, struct script *script)
{
    if (text.len > RECENT_TEXT_MAX) return;
    struct recent_script *slot = &recent->slots[slot_of(text)];
    mem_free(slot->text);
    *slot = (struct recent_script){mem_strndup(text.ptr, text.len), text.len, script};
}

void recent_forget(struct recent_scripts *recent)
{
    for (size_t i = 0; i < RECENT_SLOTS; i++) mem_free(recent->slots[i].text);
    *recent = (struct recent_scripts){0};
}
