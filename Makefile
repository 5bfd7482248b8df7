# Skein's build. `make help` lists the targets.
#
# Files are found by wildcard: a new .c file needs no line here. Every profile has its own tree below build/, so
# switching between them never rebuilds anything. The release binaries stand in build/ itself.

ifeq ($(origin CC),default)
CC := gcc
endif
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(JOBS)
endif
MAKEFLAGS += --no-builtin-rules --no-print-directory
PYTHON := /usr/bin/python3
PREFIX ?= /usr/local
PORT ?= 6379
REPLICAS ?= 2
FUZZ_SECONDS ?= 20
PYTEST_TIMEOUT ?= 300

# ---- profile -------------------------------------------------------------------------------------------------
# PROFILE=release|debug|san|thread|cov|fuzz; SAN=address,undefined and SAN=thread are the sanitizers by name.
comma := ,
PROFILE ?= release
ifeq ($(PROFILE),san)
override SAN := address,undefined
else ifeq ($(PROFILE),thread)
override SAN := thread
endif
profile := $(if $(SAN),san-$(subst $(comma),-,$(SAN)),$(PROFILE))
out := build/$(profile)
bin := $(if $(filter release,$(profile)),build,$(out))

x86 := $(filter x86_64,$(shell uname -m))
clang := $(findstring clang,$(shell $(CC) --version 2>/dev/null))
warnings := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla \
            $(if $(WERROR),-Werror)
# gcc 12 sees overruns on paths that its own inlining invented; clang and ASan look for the real ones.
warnings += $(if $(clang),,-Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
# Position independent, read-only relocations, stack and branch protection: see the security list in docs/.
hardening := -fPIE -fstack-protector-strong -fstack-clash-protection $(if $(x86),-fcf-protection=full)
fortify := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$(if $(clang),2,3)
link_hardening := -pie -Wl,-z,relro,-z,now,-z,noexecstack

cflags.release := -O3 -g $(if $(x86),-march=x86-64-v2) $(hardening) $(fortify) -DSKEIN_JEMALLOC \
                  $(if $(LTO),-flto)
cflags.debug := -Og -g3 $(hardening) -DSKEIN_DEBUG
cflags.cov := -O0 -g --coverage -DSKEIN_DEBUG
cflags.fuzz := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -DSKEIN_DEBUG
cflags.san := -O1 -g -fsanitize=$(SAN) -fno-sanitize-recover=all -DSKEIN_DEBUG
ldflags.release := $(link_hardening) $(if $(LTO),-flto=$(JOBS) -O3)
ldflags.debug := $(link_hardening)
ldflags.cov := --coverage
ldflags.fuzz := -fsanitize=address,undefined
ldflags.san := -fsanitize=$(SAN)
kind := $(if $(SAN),san,$(PROFILE))
ifeq ($(origin cflags.$(kind)),undefined)
$(error PROFILE=$(PROFILE) is not one of release, debug, san, thread, cov, fuzz)
endif

# ---- libraries -----------------------------------------------------------------------------------------------
# Nothing here may fail when a library is missing: `make deps` must run on a machine that has none yet.
packages := libuv openssl libedit libisal liblzf $(if $(wildcard src/script/*.c),luajit)
packages := $(foreach package,$(packages),$(shell pkg-config --exists $(package) 2>/dev/null && echo $(package)))
lib_cflags := $(if $(packages),$(patsubst -I/%,-isystem /%,$(shell pkg-config --cflags $(packages))))
lib_ldlibs := $(if $(packages),$(shell pkg-config --libs $(packages)))
lib_ldlibs += $(if $(filter liblzf,$(packages)),,-llzf) $(if $(filter libisal,$(packages)),,-lisal)

CPPFLAGS_ALL := -Isrc -Itests -D_GNU_SOURCE $(lib_cflags) $(CPPFLAGS)
CFLAGS_ALL := -std=gnu17 $(warnings) -fno-omit-frame-pointer -pthread $(cflags.$(kind)) $(CFLAGS)
LDFLAGS_ALL := -pthread $(ldflags.$(kind)) -Wl,--as-needed $(LDFLAGS)
LDLIBS_ALL := $(if $(filter release,$(kind)),-ljemalloc) $(lib_ldlibs) -lm -ldl $(LDLIBS)

# ---- files ---------------------------------------------------------------------------------------------------
sources := $(wildcard src/*/*.c)
main_sources := $(wildcard src/cli/main.c src/check/*_main.c)
objects := $(patsubst %.c,$(out)/%.o,$(filter-out $(main_sources) src/cli/% src/check/%,$(sources)))
# The programs beside the server have objects of their own; names may recur there.
cli_objects := $(patsubst %.c,$(out)/%.o,$(filter-out $(main_sources),$(wildcard src/cli/*.c)))
check_objects := $(patsubst %.c,$(out)/%.o,$(filter-out $(main_sources),$(wildcard src/check/*.c)))
unit_sources := $(wildcard tests/unit/*/test_*.c)
unit_binaries := $(patsubst %.c,$(out)/%,$(unit_sources))
# What tests share: any C file below tests/support, and those beside the tests that are not tests themselves.
support_sources := $(filter-out $(unit_sources),$(wildcard tests/support/*.c tests/unit/*/*.c))
support_objects := $(patsubst %.c,$(out)/%.o,$(support_sources))
# A world around the real servers, in the place of src/io but for the files that need no system.
sim_sources := $(wildcard tests/sim/*.c)
sim_real_io := $(patsubst %,src/io/%.c,address crash entropy file_names file_stream \
                                      key_delay process_title timer tls)
sim_objects := $(patsubst %.c,$(out)/%.o,$(sim_sources) $(filter-out src/io/% src/cli/% src/check/%, \
                                          $(sources)) $(sim_real_io))
sim_binary := $(out)/tests/sim/sim
fuzz_sources := $(wildcard tests/fuzz/fuzz_*.c)
fuzz_binaries := $(patsubst %.c,$(out)/%,$(fuzz_sources))
fuzz_support := $(patsubst %.c,$(out)/%.o,$(filter-out $(fuzz_sources),$(wildcard tests/fuzz/*.c)))
archive := $(out)/libskein.a
server := $(if $(wildcard src/main.c),$(bin)/skein-server)
programs := $(server) $(if $(wildcard src/cli/main.c),$(bin)/skein-cli) \
            $(if $(wildcard src/check/rdb_main.c),$(bin)/skein-check-rdb) \
            $(if $(wildcard src/check/aof_main.c),$(bin)/skein-check-aof)
all_c := $(sources) $(wildcard src/main.c) $(unit_sources) $(support_sources) $(sim_sources)

.PHONY: all debug objects unit sim freeze-large integration differential tools-test test lint lint-all format check bench bench-smoke fuzz fuzz-smoke test-crash test-peer compdb \
        clean install up down deps deps-test deps-lint help print-%
.DELETE_ON_ERROR:
.SECONDARY:

all: $(programs) $(archive)

objects: $(objects) $(cli_objects) $(check_objects)

debug:
	$(MAKE) PROFILE=debug all

# ---- compiling (V=1 shows the commands) -----------------------------------------------------------------------------------------------
# Objects depend on this file, which changes when the compiler or a flag does.
flags_text := $(CC) | $(CPPFLAGS_ALL) | $(CFLAGS_ALL) | $(LDFLAGS_ALL) | $(LDLIBS_ALL)
flags_file := $(out)/flags
ifneq ($(flags_text),$(file <$(flags_file)))
$(shell mkdir -p $(out))
$(file >$(flags_file),$(flags_text))
endif

say = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2);)

$(out)/%.o: %.c $(flags_file)
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c $< -o $@

# The list of members is a prerequisite too, so that a deleted source leaves the archive.
members_file := $(out)/members
members_text := objects: $(strip $(objects))
ifneq ($(members_text),$(file <$(members_file)))
$(shell mkdir -p $(out))
$(file >$(members_file),$(members_text))
endif

$(archive): $(objects) $(members_file)
	$(call say,AR,$@)rm -f $@ && ar rcs $@ $(objects)

link = $(call say,LINK,$@)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) $(filter %.o,$^) $(filter %.a,$^) $(LDLIBS_ALL) -o $@

$(bin)/skein-server: $(out)/src/main.o $(archive)
	$(link)

$(bin)/skein-cli: $(out)/src/cli/main.o $(cli_objects) $(archive)
	$(link)

$(bin)/skein-check-rdb: $(out)/src/check/rdb_main.o $(check_objects) $(archive)
	$(link)

$(bin)/skein-check-aof: $(out)/src/check/aof_main.o $(check_objects) $(archive)
	$(link)

-include $(patsubst %.c,$(out)/%.d,$(all_c) $(fuzz_sources)) $(fuzz_support:.o=.d)

# ---- tests ---------------------------------------------------------------------------------------------------
# Any report of a sanitizer ends the process with a status no test expects.
export ASAN_OPTIONS := abort_on_error=0:exitcode=99:detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1:allocator_may_return_null=0
export UBSAN_OPTIONS := print_stacktrace=1:halt_on_error=1:exitcode=99
export LSAN_OPTIONS := exitcode=99:print_suppressions=0
export TSAN_OPTIONS := halt_on_error=1:exitcode=99:second_deadlock_stack=1:suppressions=$(CURDIR)/tools/tsan.supp

# Address randomisation of newer kernels collides with TSan's fixed shadow; without it TSan runs everywhere.
fixed_addresses := $(if $(findstring thread,$(SAN)),$(shell setarch -R true 2>/dev/null && echo setarch -R))

$(filter $(out)/tests/unit/cli/%,$(unit_binaries)): $(cli_objects)
$(filter $(out)/tests/unit/check/%,$(unit_binaries)): $(check_objects)
$(unit_binaries): %: %.o $(support_objects) $(archive)
	$(call say,LINK,$@)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) $(filter %.o,$^) $(filter %.a,$^) -lcmocka $(LDLIBS_ALL) -o $@

unit: $(unit_binaries)
	+@$(fixed_addresses) $(PYTHON) tools/run-unit --jobs $(JOBS) $(unit_binaries)

# Clusters of real servers in a world of their own: `make sim`, `make sim SEED=n VERBOSE=1`.
FIRST ?= $(or $(SEED),1)
SEEDS ?= $(if $(SEED),1,2000)
sim_wraps := $(addprefix -Wl$(comma)--wrap=,clock_gettime getrandom nanosleep)

$(sim_binary): $(sim_objects)
	$(call say,LINK,$@)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) $(sim_wraps) $(filter %.o,$^) $(LDLIBS_ALL) -o $@

sim: $(sim_binary)
	@$(PYTHON) tools/run-sim --jobs $(JOBS) $(if $(VERBOSE),--verbose) $(if $(REPEAT),--repeat) $(sim_binary) $(FIRST) $(SEEDS)

# Frozen collections of 5 million elements each; `make unit` runs the same with fewer.
freeze-large: $(out)/tests/unit/store/test_freeze_large
	+@SKEIN_ELEMENTS=5000000 $(PYTHON) tools/run-unit --jobs 1 $<

pytest = SKEIN_SERVER=$(CURDIR)/$(bin)/skein-server SKEIN_CLI=$(CURDIR)/$(bin)/skein-cli \
         SKEIN_BIN=$(CURDIR)/$(bin) SKEIN_PROFILE=$(profile) NODE_PATH=$(CURDIR)/build/node/node_modules \
         $(fixed_addresses) $(PYTHON) -m pytest -q --timeout=$(PYTEST_TIMEOUT)
# The files of these suites are shared among processes; a file's tests stay together, in order.
pytest_shared = $(pytest) -n $(JOBS) --dist loadfile $(PYTEST_ARGS)

integration: all
	@tools/run-pytest tests/integration $(pytest_shared)

differential: all
	@tools/run-pytest tests/differential $(pytest_shared)

tools-test:
	@tools/run-pytest tests/tools $(pytest) $(PYTEST_ARGS)

# One profile with SAN=..., else the whole ladder; both end with the totals of every runner.
test: deps-test
	@env -u MAKEFLAGS -u MAKELEVEL CC='$(CC)' JOBS='$(JOBS)' SAN='$(SAN)' WERROR=1 tools/test-all

# The test suite of Redis: PEER_ARGS='unit/type/set unit/sort', or '--all' for what is known to differ too.
test-peer: all
	@tools/install-packages peer
	@$(PYTHON) tests/peer/suite.py $(PEER_ARGS)

# Kills at random moments, with a disk that fails; the integration tests hold a short form of it.
CRASH_ROUNDS ?= 60
test-crash: all
	@SKEIN_SERVER=$(CURDIR)/$(bin)/skein-server $(PYTHON) tests/crash/campaign.py --rounds $(CRASH_ROUNDS)

fuzz: $(fuzz_binaries)

$(fuzz_binaries): %: %.o $(fuzz_support) $(archive)
	$(call say,LINK,$@)$(CC) -fsanitize=fuzzer $(CFLAGS_ALL) $(LDFLAGS_ALL) $(filter %.o,$^) $(filter %.a,$^) $(LDLIBS_ALL) -o $@

fuzz_cc := $(filter ccache,$(CC)) clang
fuzz-smoke:
	+@$(MAKE) PROFILE=fuzz CC='$(fuzz_cc)' fuzz
	+@$(PYTHON) tools/fuzz-smoke --seconds $(FUZZ_SECONDS) --jobs $(JOBS) \
	    $(patsubst %.c,build/fuzz/%,$(fuzz_sources))

# The second make reads the flags of libraries that the first may just have installed.
lint: deps-lint
	@$(MAKE) lint-all

lint-all: objects
	@tools/lint --jobs $(JOBS) -- $(CPPFLAGS_ALL) -std=gnu17 $(warnings) -Wno-unknown-warning-option

format: deps-lint
	clang-format -i $(wildcard src/*.[ch] src/*/*.[ch] tests/*/*.[ch] tests/*/*/*.[ch])

check: test
	@$(MAKE) lint

bench: all
	$(PYTHON) bench/run.py $(BENCH_ARGS)

# Every scenario at a small scale: its figures mean nothing, but a scenario that fails is seen.
bench-smoke: all
	$(PYTHON) bench/run.py --scale 0.005 --rounds 1 --require-figures $(BENCH_ARGS)

compdb:
	@$(PYTHON) tools/compdb $(all_c) $(fuzz_sources) -- $(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) > compile_commands.json

# ---- running and installing ----------------------------------------------------------------------------------
up:
	@tools/install-packages build
	@$(MAKE) all
	@PORT=$(PORT) REPLICAS=$(REPLICAS) tools/up

down:
	@tools/down

deps:
	@tools/install-packages build

deps-test:
	@tools/install-packages build test
	@tools/install-node-clients

deps-lint:
	@tools/install-packages build lint

install: all
	install -d '$(DESTDIR)$(PREFIX)/bin'
	install -m 755 $(programs) '$(DESTDIR)$(PREFIX)/bin'

clean:
	rm -rf build compile_commands.json

print-%:
	@echo '$($*)'

help:
	@sed -n 's/^#: //p' Makefile

#: make                         release build: build/skein-server, build/skein-cli, ...
#: make debug                   build/debug, with assertions and without optimisation
#: make SAN=address,undefined   build/san-address-undefined; SAN=thread: build/san-thread
#: make unit                    unit tests of one profile (PROFILE= or SAN=)
#: make sim                     clusters in a simulated world: SEEDS (2000) from FIRST (1) on, or
#:                              SEED=n VERBOSE=1; REPEAT=1 runs each twice
#: make freeze-large              collections of 5 million elements, frozen and written to
#: make integration             tests against the running server (PYTEST_ARGS='-k name')
#: make differential            the same commands sent to Skein and to redis-server
#: make test                    everything, sanitizers included; SAN=... for one profile only
#: make fuzz-smoke              each fuzz target for FUZZ_SECONDS (20)
#: make lint                    formatting, clang-tidy, tools/deps, pure, tidy, config-effect
#: make test-peer               the test suite of Redis 7.0.15, from Debian's source package
#: make test-crash              kill -9 at random moments, CRASH_ROUNDS (60) for each appendfsync
#: make format                  clang-format over all C files
#: make check                   test and lint
#: make bench, make bench-smoke the benchmark (BENCH_ARGS=...); whether its scenarios work
#: make up, make down           install what is missing, build, start on PORT (6379); stop
#: make deps, deps-test         install the Debian packages for building; for testing
#: make install                 PREFIX (/usr/local), DESTDIR
#: make compdb, clean           compile_commands.json for editors; remove build/
#: Variables: CC, CFLAGS, LDFLAGS, WERROR=1, LTO=1, JOBS, PROFILE=release|debug|san|thread|cov|fuzz
