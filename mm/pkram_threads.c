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
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sched/prio.h>
#include <linux/sched/task.h>
#include <linux/spinlock.h>
#include <linux/time64.h>
#include <linux/timekeeping.h>
#include <linux/wait.h>
#include <uapi/linux/sched/types.h>

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

/*
 * Whoever has been waiting for what a thread in the background does the rest of may
 * want something first. That the thread is nice is not enough for that: the scheduler
 * gives who has just begun a turn. In nanoseconds.
 */
#define PKRAM_BACKGROUND_YOUNG	(5 * NSEC_PER_MSEC)

/* Threads in the background, and how many wait for them */
static LIST_HEAD(pkram_backgrounds);
static unsigned int pkram_nr_waiting;
static DEFINE_SPINLOCK(pkram_background_lock);

static bool pkram_background_young(const struct task_struct *task)
{
	return ktime_get_ns() - task->start_time < PKRAM_BACKGROUND_YOUNG;
}

/*
 * Only what others leave. For long it would be too little: where all CPUs are busy,
 * of 300 turns one.
 */
static void pkram_background_calm(struct task_struct *task)
{
	const struct sched_param param = {};

	if (rt_or_dl_task(task))
		return;
	if (pkram_background_young(task))
		sched_setscheduler_nocheck(task, SCHED_IDLE, &param);
	else
		sched_set_normal(task, MAX_NICE);
}

/**
 * pkram_background_begin() - a thread is to do something that nobody waits for
 * @bg: for the thread
 * @task: the thread, which has not begun
 *
 * It gets what others leave of the CPUs that the caller may use.
 *
 * Context: May sleep.
 */
void pkram_background_begin(struct pkram_background *bg, struct task_struct *task)
{
	/* If none of these CPUs is left, it runs where there is one */
	set_cpus_allowed_ptr(task, current->cpus_ptr);
	bg->task = get_task_struct(task);
	guard(spinlock)(&pkram_background_lock);
	if (!pkram_nr_waiting)
		pkram_background_calm(task);
	list_add(&bg->list, &pkram_backgrounds);
}

/**
 * pkram_background_end() - a thread has done it
 * @bg: of the thread, which may be gone
 *
 * Context: Any, but interrupts.
 */
void pkram_background_end(struct pkram_background *bg)
{
	scoped_guard(spinlock, &pkram_background_lock)
		list_del(&bg->list);
	put_task_struct(bg->task);
	bg->task = NULL;
}

/**
 * pkram_background_again() - what somebody was in a hurry for has been done
 *
 * Called by a thread in the background now and then.
 *
 * Context: Any, but interrupts.
 */
void pkram_background_again(void)
{
	if (current->policy == SCHED_IDLE ? pkram_background_young(current) :
					    task_nice(current) == MAX_NICE)
		return;
	guard(spinlock)(&pkram_background_lock);
	if (!pkram_nr_waiting)
		pkram_background_calm(current);
}

/**
 * pkram_background_hurry() - somebody is going to wait for the threads in the background
 *
 * They are as important as others until pkram_background_relax().
 *
 * Context: Any, but interrupts.
 */
void pkram_background_hurry(void)
{
	struct pkram_background *bg;

	guard(spinlock)(&pkram_background_lock);
	pkram_nr_waiting++;
	list_for_each_entry(bg, &pkram_backgrounds, list)
		if (!rt_or_dl_task(bg->task))
			sched_set_normal(bg->task, 0);
}

/**
 * pkram_background_relax() - that has come to its end
 *
 * Context: Any, but interrupts.
 */
void pkram_background_relax(void)
{
	guard(spinlock)(&pkram_background_lock);
	pkram_nr_waiting--;
}

/* Nodes that are loaded part by part after their load has been committed */
static atomic_t pkram_nr_detached = ATOMIC_INIT(0);
static DECLARE_WAIT_QUEUE_HEAD(pkram_detached_wait);

/**
 * pkram_detached_begin() - a node is going to be given up part by part
 *
 * Context: Any. Caller holds pkram_lock.
 */
void pkram_detached_begin(void)
{
	atomic_inc(&pkram_nr_detached);
}

/**
 * pkram_detached_end() - it has been
 *
 * Context: Any.
 */
void pkram_detached_end(void)
{
	if (atomic_dec_and_test(&pkram_nr_detached))
		wake_up_all(&pkram_detached_wait);
}

/**
 * pkram_detached_wait_all() - wait until no node is being given up part by part
 *
 * It is not for long: threads in the background see to it.
 *
 * Context: May sleep. No lock is held that loading takes.
 * Return: 0; -EINTR.
 */
int pkram_detached_wait_all(void)
{
	int err;

	if (!atomic_read(&pkram_nr_detached))
		return 0;
	pkram_background_hurry();
	err = wait_event_killable(pkram_detached_wait,
				  !atomic_read(&pkram_nr_detached)) ? -EINTR : 0;
	pkram_background_relax();
	return err;
}

/**
 * pkram_lock_settled() - take pkram_lock while no node is being given up part by part
 *
 * As long as one is, what is preserved cannot be moved.
 *
 * Context: May sleep. No lock is held that loading takes. Takes pkram_lock.
 * Return: 0, with pkram_lock held; -EINTR, without.
 */
int pkram_lock_settled(void)
{
	int err;

	for (;;) {
		err = pkram_detached_wait_all();
		if (err)
			return err;
		mutex_lock(&pkram_lock);
		/* It begins with this lock held */
		if (!atomic_read(&pkram_nr_detached))
			return 0;
		mutex_unlock(&pkram_lock);
	}
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
