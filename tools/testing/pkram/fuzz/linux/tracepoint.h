/* SPDX-License-Identifier: GPL-2.0 */
/* Events that never happen. <trace/define_trace.h> has nothing to do here. */
#ifndef _FUZZ_TRACEPOINT_H
#define _FUZZ_TRACEPOINT_H

#undef CREATE_TRACE_POINTS

#define TP_PROTO(args...)	args
#define TP_ARGS(args...)	args
#define TRACE_EVENT(name, proto, args...)				\
	static inline bool trace_##name##_enabled(void) { return false; } \
	static inline void trace_##name(proto) { }
#define DECLARE_EVENT_CLASS(name, args...)
#define DEFINE_EVENT(class, name, proto, args...)			\
	static inline void trace_##name(proto) { }

#endif /* _FUZZ_TRACEPOINT_H */
