// The Swift run time tells thread sanitizer when a task is resumed (`_swift_tsan_release` in swift_continuation_resume)
// and when a resumed task runs again, provided that it was suspended. Where a continuation is resumed before its task
// has come to wait for it, swift_continuation_await goes on at once after an acquiring load of the continuation's
// status, inside the uninstrumented library and without a word to the sanitizer (Swift 6.3): everything that the
// resuming thread wrote is then reported as a race. `b = Box(); await withUnsafeContinuation { c in queue.async {
// b.value = 1; c.resume() } }; read(b)` is reported in every one of 300 turns if the closure sleeps before it returns,
// and in none if the queue does.
//
// Here the missing word is said: the function that a continuation goes on with is preceded by an acquire of the task,
// which is what swift_continuation_resume has released. It adds no ordering but the one that the library's own load
// makes, so it hides no race. No suppression does that: the frames in the reports are those of the task's own code.
#define _GNU_SOURCE
#include "continuations.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) && defined(__ELF__)
#include <dlfcn.h>
#include <stddef.h>

// ContinuationAsyncContext (swift/ABI/Task.h); part of the ABI.
struct continuation;
typedef __attribute__((swiftasynccall)) void resume(__attribute__((swift_async_context)) struct continuation *);
struct continuation {
    void *parent;
    resume *resume_parent;
    size_t flags;
    size_t status;
    // Used only where the continuation can throw; here it keeps what `resume_parent` was.
    resume *error_result;
};
enum { CAN_THROW = 1 };

extern void *swift_task_getCurrent(void);
extern void __tsan_acquire(void *address);

typedef __attribute__((swiftasynccall)) void await(struct continuation *);
static await *await_in_library;

__attribute__((constructor)) static void find_await(void) {
    await_in_library = (await *)dlsym(RTLD_NEXT, "swift_continuation_await");
}

__attribute__((swiftasynccall, disable_sanitizer_instrumentation)) static void acquire_and_resume(
    __attribute__((swift_async_context)) struct continuation *continuation) {
    __tsan_acquire(swift_task_getCurrent());
    __attribute__((musttail)) return continuation->error_result(continuation);
}

// Found by the linker before the library's.
__attribute__((swiftasynccall, disable_sanitizer_instrumentation)) void swift_continuation_await(
    struct continuation *continuation) {
    if (!(continuation->flags & CAN_THROW)) {
        continuation->error_result = continuation->resume_parent;
        continuation->resume_parent = acquire_and_resume;
    }
    __attribute__((musttail)) return await_in_library(continuation);
}
#endif
#endif
