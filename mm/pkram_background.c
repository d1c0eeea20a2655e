// SPDX-License-Identifier: GPL-2.0
/*
 * PKRAM: what is done in the background, and those who have to wait for it.
 */
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sched/prio.h>
#include <linux/sched/rt.h>
#include <linux/sched/task.h>
#include <linux/spinlock.h>
#include <linux/time64.h>
#include <linux/timekeeping.h>
#include <linux/wait.h>
#include <uapi/linux/sched/types.h>

#include "pkram_internal.h"

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
