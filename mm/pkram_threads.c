// SPDX-License-Identifier: GPL-2.0
/*
 * PKRAM: several threads for what is to be done with many pages.
 *
 * They are threads of the calling process, as io_uring's are. So all that limits or
 * concerns the caller is true of them: cpuset and memory policy, nice and CPU
 * bandwidth, memory and process limits, a fatal signal, and whose time it is. A
 * workqueue would know of none of this.
 */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/sched/task.h>

#include "pkram_internal.h"

/* Pages that are worth the start of a thread */
#define PKRAM_THREAD_PAGES	8192

/* As many as can be asked for */
#define PKRAM_THREADS_MAX	256

/* 0 when it is for us to decide */
static unsigned int pkram_threads;
core_param(pkram_threads, pkram_threads, uint, 0644);

/**
 * pkram_nr_threads() - how many threads are to share some work?
 * @pages: pages that are to be saved or loaded
 *
 * Context: Any.
 * Return: how many, the caller included; 1 when it is better off alone.
 */
unsigned int pkram_nr_threads(u64 pages)
{
	const unsigned int wanted = READ_ONCE(pkram_threads);

	/* Nobody is there to be the parent of a thread */
	if (current->flags & (PF_KTHREAD | PF_EXITING))
		return 1;
	if (wanted)
		return min(wanted, PKRAM_THREADS_MAX);
	/* The only CPU that the caller may use may be going */
	return clamp_t(u64, pages / PKRAM_THREAD_PAGES, 1,
		       max(cpumask_weight_and(current->cpus_ptr, cpu_active_mask), 1U));
}

/* Threads that do the same, on the stack of who waits for them */
struct pkram_crew {
	void (*fn)(void *arg);
	void *arg;
	atomic_t running;
	struct completion done;
};

static void pkram_crew_work(struct pkram_crew *crew)
{
	crew->fn(crew->arg);
	if (atomic_dec_and_test(&crew->running))
		complete(&crew->done);
}

static int pkram_crew_thread(void *arg)
{
	set_task_comm(current, "pkram");
	pkram_crew_work(arg);
	/* There is no user space to return to */
	do_exit(0);
}

/**
 * pkram_run_threads() - have several threads do something
 * @nr: how many, the caller included, as pkram_nr_threads() has said
 * @fn: what to do; shares out the work itself, so that fewer threads do it too
 * @arg: for @fn
 *
 * That a thread cannot be had, for want of memory or because of a limit of the
 * user's, is no error: @fn is called at least by the caller.
 *
 * Context: May sleep. @fn may not use what locks the caller holds as if it held
 * them.
 */
void pkram_run_threads(unsigned int nr, void (*fn)(void *arg), void *arg)
{
	struct pkram_crew crew = {
		.fn = fn,
		.arg = arg,
		.running = ATOMIC_INIT(1),
		.done = COMPLETION_INITIALIZER_ONSTACK(crew.done),
	};
	struct task_struct *task;

	for (; nr > 1; nr--) {
		task = create_io_thread(pkram_crew_thread, &crew, NUMA_NO_NODE);
		if (IS_ERR(task))
			break;
		atomic_inc(&crew.running);
		wake_up_new_task(task);
	}
	pkram_crew_work(&crew);
	wait_for_completion(&crew.done);
}
