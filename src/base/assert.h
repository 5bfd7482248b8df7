/* Assertions for what a programmer got wrong, never for what a client, a file or a peer sent.
 *
 * ASSERT stays in release builds; DEBUG_ASSERT guards hot loops and is compiled out of them. */
#ifndef SKEIN_BASE_ASSERT_H
#define SKEIN_BASE_ASSERT_H

_Noreturn void assert_failed(const char *condition, const char *file, int line);

#define ASSERT(condition) ((condition) ? (void)0 : assert_failed(#condition, __FILE__, __LINE__))

#ifdef SKEIN_DEBUG
#define DEBUG_ASSERT(condition) ASSERT(condition)
#else
#define DEBUG_ASSERT(condition) ((void)0)
#endif

#endif
