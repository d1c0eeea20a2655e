/* SPDX-License-Identifier: GPL-2.0 */
/* Part of print_shmem() in layout.c */
	VALUE(PKRAM_SHMEM_MAGIC);
	VALUE(PKRAM_SHMEM_HEADER);
	VALUE(PKRAM_SHMEM_SUPER);
	VALUE(PKRAM_SHMEM_INODE);
	VALUE(PKRAM_SHMEM_DIR);
	VALUE(PKRAM_SHMEM_DENTRY);
	VALUE(PKRAM_SHMEM_SYMLINK);
	VALUE(PKRAM_SHMEM_DATA);
	VALUE(PKRAM_SHMEM_MPOL);
	VALUE(PKRAM_SHMEM_QUOTA);
	VALUE(PKRAM_SHMEM_POISON);
	VALUE(PKRAM_SHMEM_XATTR);
	VALUE(PKRAM_SHMEM_ACL);
	VALUE(PKRAM_SHMEM_POLICY);
	VALUE(PKRAM_SHMEM_DQUOT);
	VALUE(PKRAM_SHMEM_SUMS);
	VALUE(PKRAM_SHMEM_REC_MAX);
	VALUE(PKRAM_SHMEM_REC_ALIGN);
	VALUE(PKRAM_SHMEM_SUPER_INODE64);
	VALUE(PKRAM_SHMEM_SUPER_NOSWAP);
	VALUE(PKRAM_SHMEM_SUPER_NOSUID);
	VALUE(PKRAM_SHMEM_SUPER_NODEV);
	VALUE(PKRAM_SHMEM_SUPER_NOEXEC);
	VALUE(PKRAM_SHMEM_SUPER_VERIFY);
	VALUE(PKRAM_SHMEM_HUGE_NEVER);
	VALUE(PKRAM_SHMEM_HUGE_ALWAYS);
	VALUE(PKRAM_SHMEM_HUGE_WITHIN_SIZE);
	VALUE(PKRAM_SHMEM_HUGE_ADVISE);
	VALUE(PKRAM_SHMEM_OFFSET_MIN);
	VALUE(PKRAM_SHMEM_OFFSET_MAX);
	VALUE(PKRAM_SHMEM_NAME_MAX);
	VALUE(PKRAM_SHMEM_TARGET_MAX);
	VALUE(PKRAM_SHMEM_SUM_PAGES);
	VALUE(PKRAM_SHMEM_SUMS_MAX);
	VALUE(PKRAM_SHMEM_QUOTA_USER);
	VALUE(PKRAM_SHMEM_QUOTA_GROUP);
	VALUE(PKRAM_SHMEM_QUOTA_TYPES);
	VALUE(PKRAM_SHMEM_QUOTA_LIMITS_SHIFT);
	VALUE(PKRAM_SHMEM_XATTR_NAME_MAX);
	VALUE(PKRAM_SHMEM_XATTR_VALUE_MAX);
	VALUE(PKRAM_SHMEM_ACL_DEFAULT);
	VALUE(PKRAM_SHMEM_NODES_WORDS);
	VALUE(PKRAM_SHMEM_NO_NODE);

	STRUCT(pkram_shmem_rec);
	FIELD(pkram_shmem_rec, type);
	FIELD(pkram_shmem_rec, flags);
	FIELD(pkram_shmem_rec, len);
	END(pkram_shmem_rec);

	STRUCT(pkram_shmem_header);
	FIELD(pkram_shmem_header, rec);
	FIELD(pkram_shmem_header, magic);
	FIELD(pkram_shmem_header, version);
	FIELD(pkram_shmem_header, reserved);
	FIELD(pkram_shmem_header, nr_inodes);
	FIELD(pkram_shmem_header, nr_dentries);
	FIELD(pkram_shmem_header, nr_frames);
	FIELD(pkram_shmem_header, nr_blocks);
	FIELD(pkram_shmem_header, nr_bytes);
	FIELD(pkram_shmem_header, nr_poison);
	END(pkram_shmem_header);

	STRUCT(pkram_shmem_super);
	FIELD(pkram_shmem_super, rec);
	FIELD(pkram_shmem_super, max_blocks);
	FIELD(pkram_shmem_super, max_inodes);
	FIELD(pkram_shmem_super, next_ino);
	FIELD(pkram_shmem_super, uuid);
	FIELD(pkram_shmem_super, uid);
	FIELD(pkram_shmem_super, gid);
	FIELD(pkram_shmem_super, mode);
	FIELD(pkram_shmem_super, huge);
	END(pkram_shmem_super);

	STRUCT(pkram_shmem_inode);
	FIELD(pkram_shmem_inode, rec);
	FIELD(pkram_shmem_inode, id);
	FIELD(pkram_shmem_inode, mode);
	FIELD(pkram_shmem_inode, ino);
	FIELD(pkram_shmem_inode, uid);
	FIELD(pkram_shmem_inode, gid);
	FIELD(pkram_shmem_inode, nlink);
	FIELD(pkram_shmem_inode, generation);
	FIELD(pkram_shmem_inode, rdev_major);
	FIELD(pkram_shmem_inode, rdev_minor);
	FIELD(pkram_shmem_inode, size);
	FIELD(pkram_shmem_inode, version);
	FIELD(pkram_shmem_inode, atime);
	FIELD(pkram_shmem_inode, mtime);
	FIELD(pkram_shmem_inode, ctime);
	FIELD(pkram_shmem_inode, btime);
	FIELD(pkram_shmem_inode, atime_nsec);
	FIELD(pkram_shmem_inode, mtime_nsec);
	FIELD(pkram_shmem_inode, ctime_nsec);
	FIELD(pkram_shmem_inode, btime_nsec);
	FIELD(pkram_shmem_inode, fsflags);
	FIELD(pkram_shmem_inode, reserved);
	END(pkram_shmem_inode);

	STRUCT(pkram_shmem_dir);
	FIELD(pkram_shmem_dir, rec);
	FIELD(pkram_shmem_dir, id);
	FIELD(pkram_shmem_dir, nr);
	FIELD(pkram_shmem_dir, next_offset);
	FIELD(pkram_shmem_dir, reserved);
	END(pkram_shmem_dir);

	STRUCT(pkram_shmem_dentry);
	FIELD(pkram_shmem_dentry, rec);
	FIELD(pkram_shmem_dentry, id);
	FIELD(pkram_shmem_dentry, offset);
	FIELD(pkram_shmem_dentry, name_len);
	END(pkram_shmem_dentry);

	STRUCT(pkram_shmem_symlink);
	FIELD(pkram_shmem_symlink, rec);
	FIELD(pkram_shmem_symlink, target_len);
	END(pkram_shmem_symlink);

	STRUCT(pkram_shmem_data);
	FIELD(pkram_shmem_data, rec);
	FIELD(pkram_shmem_data, pos);
	FIELD(pkram_shmem_data, nr);
	FIELD(pkram_shmem_data, fallocend);
	END(pkram_shmem_data);

	STRUCT(pkram_shmem_sum);
	FIELD(pkram_shmem_sum, start);
	FIELD(pkram_shmem_sum, nr);
	FIELD(pkram_shmem_sum, crc);
	END(pkram_shmem_sum);

	STRUCT(pkram_shmem_sums);
	FIELD(pkram_shmem_sums, rec);
	END(pkram_shmem_sums);

	STRUCT(pkram_shmem_quota);
	FIELD(pkram_shmem_quota, rec);
	FIELD(pkram_shmem_quota, space_hard);
	FIELD(pkram_shmem_quota, inodes_hard);
	FIELD(pkram_shmem_quota, space_grace);
	FIELD(pkram_shmem_quota, inodes_grace);
	END(pkram_shmem_quota);

	STRUCT(pkram_shmem_dquot);
	FIELD(pkram_shmem_dquot, rec);
	FIELD(pkram_shmem_dquot, id);
	FIELD(pkram_shmem_dquot, type);
	FIELD(pkram_shmem_dquot, space_hard);
	FIELD(pkram_shmem_dquot, space_soft);
	FIELD(pkram_shmem_dquot, inodes_hard);
	FIELD(pkram_shmem_dquot, inodes_soft);
	FIELD(pkram_shmem_dquot, space_time);
	FIELD(pkram_shmem_dquot, inodes_time);
	END(pkram_shmem_dquot);

	STRUCT(pkram_shmem_xattr);
	FIELD(pkram_shmem_xattr, rec);
	FIELD(pkram_shmem_xattr, name_len);
	FIELD(pkram_shmem_xattr, value_len);
	END(pkram_shmem_xattr);

	STRUCT(pkram_shmem_acl);
	FIELD(pkram_shmem_acl, rec);
	FIELD(pkram_shmem_acl, len);
	FIELD(pkram_shmem_acl, reserved);
	END(pkram_shmem_acl);

	STRUCT(pkram_shmem_poison);
	FIELD(pkram_shmem_poison, rec);
	FIELD(pkram_shmem_poison, start);
	FIELD(pkram_shmem_poison, nr);
	END(pkram_shmem_poison);

	STRUCT(pkram_shmem_policy);
	FIELD(pkram_shmem_policy, rec);
	FIELD(pkram_shmem_policy, start);
	FIELD(pkram_shmem_policy, end);
	FIELD(pkram_shmem_policy, mode);
	FIELD(pkram_shmem_policy, home_node);
	FIELD(pkram_shmem_policy, nr_words);
	FIELD(pkram_shmem_policy, reserved);
	END(pkram_shmem_policy);
