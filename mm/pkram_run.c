// SPDX-License-Identifier: GPL-2.0
/*
 * PKRAM: packing, checksums and validation of the structures of pkram_abi.h.
 *
 * Pure functions of the bytes they are given; they follow no reference, and
 * build in user space for their tests.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "pkram_internal.h"

/**
 * pkram_crc() - the one checksum of the format: crc32c, not inverted
 * @crc: %PKRAM_CRC_SEED, or the sum of what comes before
 * @buf: bytes
 * @nr: how many
 *
 * An architecture may have a faster one.
 *
 * Context: Any.
 * Return: the sum.
 */
u32 __pure __weak pkram_crc(u32 crc, const void *buf, size_t nr)
{
	return __crc32c_le(crc, buf, nr);
}

/**
 * pkram_run_unpack() - take a run apart
 * @ser: packed run, not trusted
 *
 * Context: Any.
 * Return: the run, which pkram_run_validate() has to see next.
 */
struct pkram_run pkram_run_unpack(const struct pkram_run_ser *ser)
{
	return (struct pkram_run) {
		.pfn = ser->where & PKRAM_RUN_PFN_MASK,
		.order = ser->where >> PKRAM_RUN_ORDER_SHIFT &
			 PKRAM_RUN_ORDER_MASK,
		.flags = ser->where >> PKRAM_RUN_FLAGS_SHIFT &
			 PKRAM_RUN_FLAGS_MASK,
		.index = ser->index & PKRAM_RUN_INDEX_MASK,
		.nr = ser->where >> PKRAM_RUN_NR_HI_SHIFT << PKRAM_RUN_NR_LO_BITS |
		      ser->index >> PKRAM_RUN_NR_LO_SHIFT,
	};
}

/**
 * pkram_run_validate() - can this run be right?
 * @run: a run
 *
 * Context: Any.
 * Return: true when all that can be said without the page table holds.
 */
bool pkram_run_validate(const struct pkram_run *run)
{
	u64 nr = run->nr << run->order;
	u64 mask = (1ULL << run->order) - 1;

	if (run->order > PKRAM_ORDER_MAX || run->flags & ~PKRAM_RUN_ALL_FLAGS)
		return false;
	if (!run->pfn || !run->nr || run->nr > PKRAM_RUN_NR_MAX)
		return false;
	if ((run->pfn | run->index) & mask)
		return false;
	/* Each by itself first: the sums below must not wrap around */
	if (run->pfn > PKRAM_RUN_PFN_MASK || run->index > PKRAM_RUN_INDEX_MASK)
		return false;
	return run->pfn + nr <= PKRAM_RUN_PFN_MASK + 1 &&
	       run->index + nr <= PKRAM_RUN_INDEX_MASK + 1;
}

static size_t pkram_link_used(const struct pkram_link_ser *link)
{
	switch (link->type) {
	case PKRAM_LINK_OBJS:
		return link->nr * sizeof(struct pkram_obj_ser);
	case PKRAM_LINK_RUNS:
		return link->nr * sizeof(struct pkram_run_ser);
	case PKRAM_LINK_NODES:
		return link->nr * sizeof(struct pkram_dir_ser);
	default:
		return link->nr;
	}
}

static u32 pkram_link_crc(const struct pkram_link_ser *link)
{
	const size_t skip = offsetofend(struct pkram_link_ser, crc);
	u32 crc;

	crc = pkram_crc(PKRAM_CRC_SEED, &link->magic, sizeof(link->magic));
	return pkram_crc(crc, (const u8 *)link + skip,
			 PKRAM_LINK_HEADER - skip + pkram_link_used(link));
}

/**
 * pkram_link_seal() - set the checksum of a link
 * @link: link, all else filled in
 *
 * Context: Any.
 */
void pkram_link_seal(struct pkram_link_ser *link)
{
	link->crc = pkram_link_crc(link);
}

/**
 * pkram_link_length() - how much of its stream a link holds
 * @link: a valid link
 *
 * Context: Any.
 * Return: its length in objects, frames, bytes or nodes.
 */
u64 pkram_link_length(const struct pkram_link_ser *link)
{
	u64 len = 0;
	u32 i;

	if (link->type != PKRAM_LINK_RUNS)
		return link->nr;
	for (i = 0; i < link->nr; i++) {
		struct pkram_run run = pkram_run_unpack(&link->runs[i]);

		len += run.nr << run.order;
	}
	return len;
}

static bool pkram_dir_ser_validate(const struct pkram_dir_ser *ser)
{
	return ser->node_pfn && ser->node_pfn <= PKRAM_PT_PFN_MASK &&
	       ser->name_len && ser->name_len <= PKRAM_NAME_MAX;
}

/**
 * pkram_link_validate() - is this page the link it should be?
 * @link: a readable page, not trusted
 * @type: PKRAM_LINK_* type it should have
 * @start: position in the stream where it should begin
 *
 * Checks the link itself and each of its runs or objects as far as that can be
 * done without the page table.
 *
 * Context: Any.
 * Return: true when it is.
 */
bool pkram_link_validate(const struct pkram_link_ser *link, u32 type, u64 start)
{
	static const u32 max[] = {
		[PKRAM_LINK_OBJS] = PKRAM_LINK_MAX_OBJS,
		[PKRAM_LINK_RUNS] = PKRAM_LINK_MAX_RUNS,
		[PKRAM_LINK_BYTES] = PKRAM_LINK_MAX_BYTES,
		[PKRAM_LINK_NODES] = PKRAM_LINK_MAX_NODES,
	};
	u32 i;

	if (link->magic != PKRAM_LINK_MAGIC || link->type != type ||
	    link->start != start || link->nr > max[type] ||
	    (!link->nr && type != PKRAM_LINK_NODES) ||
	    link->next_pfn > PKRAM_PT_PFN_MASK)
		return false;
	if (link->crc != pkram_link_crc(link))
		return false;
	for (i = 0; type == PKRAM_LINK_RUNS && i < link->nr; i++) {
		struct pkram_run run = pkram_run_unpack(&link->runs[i]);

		if (!pkram_run_validate(&run))
			return false;
	}
	for (i = 0; type == PKRAM_LINK_OBJS && i < link->nr; i++)
		if (!pkram_obj_ser_validate(&link->objs[i]))
			return false;
	for (i = 0; type == PKRAM_LINK_NODES && i < link->nr; i++)
		if (!pkram_dir_ser_validate(&link->nodes[i]))
			return false;
	return true;
}

/**
 * pkram_obj_ser_validate() - can this object be right?
 * @ser: object
 *
 * Context: Any.
 * Return: true when all that can be said without its chains holds.
 */
bool pkram_obj_ser_validate(const struct pkram_obj_ser *ser)
{
	if (!ser->flags || ser->reserved ||
	    ser->flags & ~(u64)(PKRAM_OBJ_PAGES | PKRAM_OBJ_BYTES))
		return false;
	if (ser->pages_pfn > PKRAM_PT_PFN_MASK ||
	    ser->bytes_pfn > PKRAM_PT_PFN_MASK)
		return false;
	/* A stream has a chain exactly when there is something in it */
	if (!ser->nr_pages != !ser->pages_pfn ||
	    !ser->nr_page_links != !ser->pages_pfn ||
	    !ser->nr_bytes != !ser->bytes_pfn ||
	    !ser->nr_byte_links != !ser->bytes_pfn)
		return false;
	return (ser->flags & PKRAM_OBJ_PAGES || !ser->pages_pfn) &&
	       (ser->flags & PKRAM_OBJ_BYTES || !ser->bytes_pfn);
}

static u32 pkram_node_crc(const struct pkram_node_ser *ser)
{
	const size_t head = offsetof(struct pkram_node_ser, crc);
	const size_t skip = offsetofend(struct pkram_node_ser, crc);

	return pkram_crc(pkram_crc(PKRAM_CRC_SEED, ser, head),
			 (const u8 *)ser + skip, sizeof(*ser) - skip);
}

/**
 * pkram_node_ser_seal() - set the checksum of a node
 * @ser: node, all else filled in
 *
 * Context: Any.
 */
void pkram_node_ser_seal(struct pkram_node_ser *ser)
{
	ser->crc = pkram_node_crc(ser);
}

/**
 * pkram_node_ser_validate() - is this page a node?
 * @ser: a readable page, not trusted
 *
 * Context: Any.
 * Return: true when all that can be said without its chains holds.
 */
bool pkram_node_ser_validate(const struct pkram_node_ser *ser)
{
	if (ser->magic != PKRAM_NODE_MAGIC || ser->flags || ser->reserved)
		return false;
	if (ser->obj_pfn > PKRAM_PT_PFN_MASK || !ser->nr_objs != !ser->obj_pfn)
		return false;
	if (!ser->name_len || ser->name_len > PKRAM_NAME_MAX ||
	    strnlen(ser->name, sizeof(ser->name)) != ser->name_len ||
	    memchr_inv(ser->name + ser->name_len, 0,
		       sizeof(ser->name) - ser->name_len))
		return false;
	return ser->crc == pkram_node_crc(ser);
}
