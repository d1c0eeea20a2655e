# PKRAM: tmpfs that survives kexec.  `make help` lists the targets.
#
# Everything generated goes to build/.  Each target first runs scripts/setup,
# which installs missing packages and otherwise does nothing.

TREE ?= build/tree
KCONFIG ?= release debug

.DEFAULT_GOAL := help

.PHONY: help setup
help:               ## this list
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "make %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:              ## install every Debian package needed (the others do this by themselves)
	@scripts/setup

# ---- the series ----

.PHONY: tree save series series-check series-checkpatch docs-check pkram-n-identical
tree: setup         ## build/tree: git tree of the kernel, one commit a step
	scripts/patchset tree

save: setup         ## write commits made in build/tree back to patches/ and the overlay
	scripts/patchset save

series: sync        ## build/series: patches to mail, proved with git am
	scripts/patchset series

series-check: sync  ## every step builds with PKRAM=y and =n, checkpatch --strict is clean
	scripts/series-check

docs-check: sync    ## the kernel's Sphinx has nothing to say about our documents
	@scripts/docs-check

series-checkpatch: sync ## checkpatch --strict and git am alone
	@scripts/series-check checkpatch

pkram-n-identical: sync ## with PKRAM=n the touched objects have the code they had
	scripts/pkram-n-identical

# The tree as the repo has it, or as it is while it holds unsaved work
.PHONY: sync
sync: setup
ifeq ($(TREE),build/tree)
	@scripts/patchset sync
endif

# ---- kernels ----
# TREE=DIR O=DIR: another source and output, e.g. make kernel-release TREE=/tmp/linux O=/tmp/out

.PHONY: kernel kernel-release kernel-debug
kernel: $(addprefix kernel-,$(KCONFIG)) ## both kernels (KCONFIG=release or debug: one)
kernel-release:     ## the kernel to measure on
kernel-debug:       ## the kernel that checks itself: KASAN, lockdep, kmemleak, ...
kernel-release kernel-debug: sync
	scripts/kernel $(@:kernel-%=%) $(TREE) $(or $(O),build/kernel/$(@:kernel-%=%))

# The release kernel with a configuration on top, for hand-overs between kernels
# that differ
OTHER_KERNELS = pkram-off other deferred-off

.PHONY: other-kernels $(OTHER_KERNELS:%=kernel-%) kernel-bench kernel-distro
other-kernels: $(OTHER_KERNELS:%=kernel-%) ## kernels that the release kernel hands over to and takes over from
$(OTHER_KERNELS:%=kernel-%) kernel-bench kernel-distro: sync
	EXTRA_CONFIG=configs/$(@:kernel-%=%).config scripts/kernel release $(TREE) build/kernel/$(@:kernel-%=%)

# ---- Debian packages ----

.PHONY: deb deb-kernel deb-tools deb-test
deb: deb-kernel deb-tools ## build/deb: packages of Debian's kernel with PKRAM, and of tools/pkram
deb-kernel: sync   ## the kernel alone: hours where there are few CPUs
	scripts/deb kernel $(TREE)
deb-tools:         ## tools/pkram alone: seconds
	scripts/deb tools

deb-test: deb       ## install them in a fresh Debian, and do there what README.md says
	vm/try-deb

# ---- figures ----
# BENCH=4k,2m,scattered,small,verify,unused,wall,exits,native: some of them; 4k:1G of a size

BENCH ?= 4k,2m,scattered,small,verify,unused,wall,exits,native
comma = ,
BENCH_PARTS = $(subst $(comma), ,$(BENCH))
BENCH_NEEDS = kernel-release bench-tools \
	$(if $(filter unused,$(BENCH_PARTS)),kernel-pristine) \
	$(if $(filter exits,$(BENCH_PARTS)),kernel-bench) \
	$(if $(filter native,$(BENCH_PARTS)),kernel-uml)

.PHONY: bench bench-repeat bench-doc bench-tools kernel-pristine kernel-uml
bench: $(BENCH_NEEDS) ## figures, in build/bench/results.csv and chart.svg (BENCH=4k,unused: some)
	bench/run $(BENCH_PARTS)
	bench/chart build/bench/results.csv build/bench/chart.svg

bench-repeat: $(BENCH_NEEDS) ## measure what is counted once more: within 1 % of make bench
	@rm -f build/bench/again/results.csv
	bench/run -o build/bench/again $(filter-out wall native,$(BENCH_PARTS))
	bench/compare build/bench/results.csv build/bench/again/results.csv

bench-doc:          ## bench/FIGURES.md: the figures of the last make bench, to keep
	bench/chart build/bench/results.csv build/bench/chart.svg
	bench/doc build/bench/results.csv build/bench/chart.svg bench/FIGURES.md

bench-tools: setup
	@$(MAKE) -s -C tools/testing/selftests/pkram OUTPUT=$(CURDIR)/build/bench/tools \
		$(CURDIR)/build/bench/tools/pkram_mem
	@gcc -static -O2 -Wall -Wextra -Itools/testing/selftests/pkram \
		-o build/bench/tools/pkram_bench bench/guest.c

# The release kernel without the series
kernel-pristine: sync
	scripts/patchset pristine
	scripts/kernel release build/pristine/tree build/pristine/kernel/release

kernel-uml: sync
	bench/native build

# ---- tests ----
# Each suite ends with a line "N passed, N failed, N skipped".

.PHONY: check quick soak demo demo-vm demo-db demos
check: setup        ## every test
	@scripts/check full

quick: setup        ## the tests that take seconds or few minutes
	@scripts/check quick

soak: setup         ## what runs for hours
	@scripts/check soak

demo: kernel-release ## preserve a tree with a database over a kexec, and show it
	vm/demo

demo-vm: kernel-release ## a virtual machine that goes on when its host has been kexec'ed
	vm/demo-vm

demo-db: kernel-release ## PostgreSQL answers after a kexec; a cold start beside it
	vm/demo-db

demos: kernel-release ## the three demos as a suite
	@vm/demos

.PHONY: patchset-selftest vm-selftest bench-selftest unit kunit selftests selftests-debug
.PHONY: selftests-distro selftests-faults selftests-flips selftests-soak matrix upstream-selftests
unit: sync          ## page table, validators and record parser in user space, under ASAN and UBSAN
	@$(MAKE) -s -j$$(nproc) -C build/tree/tools/testing/pkram \
		OUTPUT=$(CURDIR)/build/unit/ check

FUZZ = $(MAKE) -s -C build/tree/tools/testing/pkram/fuzz \
	OUTPUT=$(CURDIR)/build/fuzz/ CORPUS=$(CURDIR)/corpus

.PHONY: fuzz fuzz-short fuzz-corpus
fuzz: sync          ## fuzz what reads preserved memory (FUZZ_SECONDS=900 for each target)
	@$(FUZZ) fuzz

fuzz-short: sync    ## the same for a minute in all
	@$(FUZZ) fuzz-short

fuzz-corpus: kernel-release ## corpus/ anew, from a dump of a guest and what fuzz has found
	@OUT=$(CURDIR)/build/selftests tools/testing/selftests/pkram/run fuzz-seeds
	tools/testing/pkram/fuzz/seeds build/selftests/fuzz-seeds.log build/fuzz/seeds
	@$(FUZZ) SEEDS=$(CURDIR)/build/fuzz/seeds shrink

kunit: sync         ## KUnit in user-mode Linux
	@scripts/kunit

selftests: kernel-release ## trees over real kexecs, on the release kernel
	@OUT=$(CURDIR)/build/selftests tools/testing/selftests/pkram/run

selftests-distro: kernel-distro ## the same with what distributions configure besides
	@OUT=$(CURDIR)/build/selftests-distro \
		VMRUN_KERNEL=$(CURDIR)/build/kernel/distro/arch/x86/boot/bzImage \
		tools/testing/selftests/pkram/run

selftests-debug: kernel-debug ## the same with KASAN, lockdep and kmemleak: a choice of cases
	@OUT=$(CURDIR)/build/selftests-debug tools/testing/selftests/pkram/run -k debug $(DEBUG_CASES)

# The debug kernel keeps stacks and what was freed, so there only slab is exact
selftests-faults: sync ## each allocation of a save and a load fails once, and not a page is lost
	EXTRA_CONFIG=configs/fault.config scripts/kernel release $(TREE) build/kernel/fault
	@VMRUN_KERNEL=$(CURDIR)/build/kernel/fault/arch/x86/boot/bzImage \
		OUT=$(CURDIR)/build/selftests-faults \
		tools/testing/selftests/pkram/run -s -v failnth:all

# The release kernel that damages what it hands over when asked to
selftests-flips: sync ## each field of each structure is wrong in turn, and nothing else is lost
	EXTRA_CONFIG=configs/flip.config scripts/kernel release $(TREE) build/kernel/flip
	@VMRUN_KERNEL=$(CURDIR)/build/kernel/flip/arch/x86/boot/bzImage \
		OUT=$(CURDIR)/build/selftests-flips \
		tools/testing/selftests/pkram/run -s -v flip flip-root

selftests-soak: kernel-release kernel-debug ## all cases, also the long ones, on both kernels
	@OUT=$(CURDIR)/build/selftests-soak tools/testing/selftests/pkram/run -s -k $(or $(KIND),release)

# Booting: whatever the next kernel is, is told, and finds; hours
matrix: kernel-release kernel-debug other-kernels ## hand-overs of all kinds, a line each
	@OUT=$(CURDIR)/build/matrix tools/testing/selftests/pkram/run $(or $(CASES),$(MATRIX_CASES))

upstream-selftests: sync ## the kernel's own selftests of shmem: as without the series
	@scripts/upstream-selftests

# The debug kernel takes ten times as long: what reaches most of the code
DEBUG_CASES = kunit tree:file huge same-boot refused bad-input scattered:file \
	attributes quota policy poison late-poison:file labels mount-api \
	failnth:slice orphans flip:slice flip-root:slice

# Orders of loading and preserving, kernels in any place, what they are told, what
# kernels they are, what memory they find, what they must not believe
MATRIX_CASES = image-before image-after kaslr next kdump mixed less-ram holes \
	hot-add scattered big-file cmdline stale-cmdline stale damaged-super chain:all

patchset-selftest: setup ## make tree and make save keep their promises
	scripts/patchset-selftest

bench-selftest: setup ## the tools of make bench tell what they are given
	@bench/selftest

vm-selftest: kernel-release ## vm/run tells good from bad
	vm/selftest
