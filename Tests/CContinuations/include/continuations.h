/// Nothing to call. Link this target, and thread sanitizer knows that a continuation's resumption happens before what
/// follows it in the task: see continuations.c.
#ifndef FV_CONTINUATIONS_H
#define FV_CONTINUATIONS_H
#endif
