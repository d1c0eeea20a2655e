# PKRAM: tmpfs that survives kexec.  `make help` lists the targets.
#
# Everything generated goes to build/.  Each target first runs scripts/setup,
# which installs missing packages and otherwise does nothing.

TREE ?= build/tree
KCONFIG ?= release debug

.DEFAULT_GOAL := help
.PHONY: help setup
help:            ## this list
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:           ## install every package needed
	@scripts/setup

# make kernel                       both, from build/tree
# make kernel-release TREE=DIR O=DIR another source and output
.PHONY: kernel kernel-release kernel-debug
kernel: $(addprefix kernel-,$(KCONFIG)) ## build the kernels (KCONFIG=release or debug: one)
kernel-release:  ## build the release kernel
kernel-debug:    ## build the debug kernel
kernel-release kernel-debug: setup
	scripts/kernel $(@:kernel-%=%) $(TREE) $(or $(O),build/kernel/$(@:kernel-%=%))
