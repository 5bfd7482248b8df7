#include "sim/fiber.h"

#include "base/assert.h"
#include "base/mem.h"

#include <stddef.h>
#include <sys/mman.h>
#include <ucontext.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#define BEGIN_SWITCH(save, bottom, size) __sanitizer_start_switch_fiber(save, bottom, size)
#define END_SWITCH(save, bottom, size)   __sanitizer_finish_switch_fiber(save, bottom, size)
#else
#define BEGIN_SWITCH(save, bottom, size) ((void)(save), (void)(bottom), (void)(size))
#define END_SWITCH(save, bottom, size)   ((void)(save), (void)(bottom), (void)(size))
#endif

enum { STACK_SIZE = 1024 * 1024 };

struct fiber {
    ucontext_t self, caller;
    void *stack;
    void *shadow, *caller_shadow; /* of the sanitizer */
    const void *caller_stack;
    size_t caller_stack_size;
    void (*run)(void *ctx);
    void *ctx;
    bool has_ended;
    struct fiber *next; /* among the spare ones */
};

static struct fiber *current, *spare;

struct fiber *fiber_current(void)
{
    return current;
}

static void begin(void)
{
    struct fiber *fiber = current;
    END_SWITCH(NULL, &fiber->caller_stack, &fiber->caller_stack_size);
    fiber->run(fiber->ctx);
    fiber->has_ended = true;
    BEGIN_SWITCH(NULL, fiber->caller_stack, fiber->caller_stack_size);
    swapcontext(&fiber->self, &fiber->caller);
}

static struct fiber *take_spare(void)
{
    struct fiber *fiber = spare;
    if (fiber) {
        spare = fiber->next;
        return fiber;
    }
    fiber = mem_new(struct fiber);
    fiber->stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ASSERT(fiber->stack != MAP_FAILED);
    return fiber;
}

static void make_context(ucontext_t *context, void *stack)
{
    getcontext(context);
    context->uc_stack.ss_sp = stack;
    context->uc_stack.ss_size = STACK_SIZE;
    context->uc_link = NULL;
    makecontext(context, begin, 0);
}

struct fiber *fiber_new(void (*run)(void *ctx), void *ctx)
{
    struct fiber *fiber = take_spare();
    fiber->run = run;
    fiber->ctx = ctx;
    fiber->has_ended = false;
    make_context(&fiber->self, fiber->stack);
    return fiber;
}

bool fiber_resume(struct fiber *fiber)
{
    struct fiber *before = current;
    ASSERT(before == NULL && !fiber->has_ended);
    current = fiber;
    BEGIN_SWITCH(&fiber->caller_shadow, fiber->stack, STACK_SIZE);
    swapcontext(&fiber->caller, &fiber->self);
    END_SWITCH(fiber->caller_shadow, NULL, NULL);
    current = before;
    if (!fiber->has_ended) return false;
    fiber->next = spare;
    spare = fiber;
    return true;
}

void fiber_park(void)
{
    struct fiber *fiber = current;
    ASSERT(fiber);
    BEGIN_SWITCH(&fiber->shadow, fiber->caller_stack, fiber->caller_stack_size);
    swapcontext(&fiber->self, &fiber->caller);
    END_SWITCH(fiber->shadow, &fiber->caller_stack, &fiber->caller_stack_size);
}

void fiber_free_spare(void)
{
    while (spare) {
        struct fiber *fiber = spare;
        spare = fiber->next;
        munmap(fiber->stack, STACK_SIZE);
        mem_free(fiber);
    }
}
