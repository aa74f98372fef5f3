# SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
# One Makefile for the whole tree: every dependency is visible to every target.
#   make V=1      show commands       make SAN=1   build with ASan and UBSan into build-san/; SAN=thread: with TSan into build-tsan/
CC        ?= gcc
CLANG     ?= clang
BPFTOOL   ?= $(shell PATH="$$PATH:/usr/sbin:/sbin" command -v bpftool)
ARCH      ?= $(shell uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/')
BPF_SYS   := -idirafter /usr/include/$(shell $(CC) -dumpmachine)
prefix    ?= /usr/local
comma     := ,
dirs      := include bpf agent analyzer kubescape-compat server
OUT       := build$(if $(SAN),$(if $(filter thread,$(SAN)),-tsan,-san))

CFLAGS    ?= -O2 -g
SANITIZE  := $(if $(SAN),-fsanitize=$(if $(filter thread,$(SAN)),thread,address$(comma)undefined) -fno-sanitize-recover=all -fno-omit-frame-pointer)
HARDEN    := $(if $(SAN),,-fstack-protector-strong -D_FORTIFY_SOURCE=2) -fPIE
flags      = -std=gnu17 -Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes -Wvla -fno-common \
             -I. -I$(OUT) -D_GNU_SOURCE $(HARDEN) $(SANITIZE) $(CPPFLAGS) $(CFLAGS)
ldflags    = -pie -Wl,-z,relro,-z,now $(SANITIZE) $(LDFLAGS)

Q   := $(if $(V),,@)
say  = @printf '  %-8s %s\n' $(1) $(2)

objs      = $(patsubst %.c,$(OUT)/obj/%.o,$(1))
analyzer := $(call objs,$(filter-out %/main.c,$(wildcard analyzer/*.c kubescape-compat/*.c)))
compat   := $(call objs,$(wildcard kubescape-compat/*.c))
agent    := $(call objs,$(filter-out %/main.c,$(wildcard agent/*.c)))
server   := $(call objs,$(filter-out %/main.c,$(wildcard server/*.c)))
client   := $(call objs,$(filter-out %/main.c,$(wildcard server/client/*.c)))
programs := $(OUT)/vexxy $(OUT)/vexxy-agent $(OUT)/vexxy-server $(OUT)/vexxy-client
tests    := $(patsubst tests/unit/%.c,$(OUT)/tests/%,$(wildcard tests/unit/test_*.c))
tools    := $(patsubst tests/tools/%.c,$(OUT)/tests/tools/%,$(wildcard tests/tools/*.c))
data_headers := $(patsubst analyzer/data/%,$(OUT)/data/%.h,$(wildcard analyzer/data/*.json))
page_headers := $(patsubst server/page/%,$(OUT)/page/%.h,$(wildcard server/page/*))
fuzzers  := $(patsubst tests/fuzz/%.c,$(OUT)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
client_fuzzers := $(filter $(OUT)/fuzz/fuzz_client_%,$(fuzzers))
server_fuzzers := $(filter $(OUT)/fuzz/fuzz_server_%,$(fuzzers))

analyzer_libs := -lcjson -lelf -lz -llzma -lcrypto -liberty -lm -lZydis -lcapstone -ldw
agent_libs    := -lbpf -lelf -lz -lcjson -lcurl -lcrypto -pthread
client_libs   := -lcurl -lcjson -lcrypto -lm -pthread
server_libs   := -lmicrohttpd -lgnutls -lsqlite3 -lpq -lyaml -lcurl -lcjson -lcrypto -lz -lm -pthread

all: $(programs) ## build the programs into build/

$(OUT)/vexxy: $(OUT)/obj/analyzer/main.o $(analyzer)
	$(call say,LD,$@)
	$(Q)$(CC) $(ldflags) $^ $(analyzer_libs) -o $@

$(OUT)/vexxy-agent: $(OUT)/obj/agent/main.o $(OUT)/libagent.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ldflags) $^ $(agent_libs) -o $@

$(OUT)/vexxy-server: $(OUT)/obj/server/main.o $(OUT)/libserver.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ldflags) $^ $(server_libs) -o $@

# Of the server it takes what it needs, which is neither database nor listener.
$(OUT)/vexxy-client: $(OUT)/obj/server/client/main.o $(client) $(OUT)/libserver.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ldflags) $^ $(client_libs) -o $@

$(OUT)/libanalyzer.a: $(analyzer)
$(OUT)/libagent.a: $(agent)
$(OUT)/libserver.a: $(server) $(compat)
$(OUT)/lib%.a:
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(OUT)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(flags) -MMD -MP -c $< -o $@

# BPF: one object per source file, linked into one object, embedded as one skeleton.
$(OUT)/obj/bpf/%.bpf.o: bpf/%.bpf.c
	@mkdir -p $(@D)
	$(call say,BPF,$<)
	$(Q)$(CLANG) -g -O2 -Wall -Werror -target bpf -D__TARGET_ARCH_$(ARCH) $(BPF_SYS) -Ibpf -MMD -MP -c $< -o $@

# state.bpf.c first: bpftool 7.1 gives every map the offset 0 when it meets the extern before the definition.
$(OUT)/observe.bpf.o: $(sort $(patsubst %.c,$(OUT)/obj/%.o,$(wildcard bpf/*.bpf.c)))
	$(call say,BPFLD,$@)
	$(Q)$(BPFTOOL) gen object $@ $(filter %/state.bpf.o,$^) $(filter-out %/state.bpf.o,$^)

$(OUT)/observe.skel.h: $(OUT)/observe.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name observe_bpf > $@

$(OUT)/obj/agent/source.o $(OUT)/obj/agent/source_load.o: | $(OUT)/observe.skel.h

# The names of system calls by number, as the machine's own kernel headers have them.
numbers = $(CC) -E -dM -include $(1) -x c /dev/null | sed -n 's/^\#define __NR_\([a-z0-9_]*\) \([0-9]*\)$$/[\2] = "\1",/p' | sort -u
$(OUT)/syscall_table.h:
	@mkdir -p $(@D)
	$(call say,GEN,$@)
	$(Q)(echo 'static const char *const native_names[] = {'; $(call numbers,asm/unistd.h); \
		echo '}; static const char *const compat_names[] = {'; \
		$(call numbers,$(if $(filter x86,$(ARCH)),asm/unistd_32.h,asm/unistd.h)); echo '};') > $@
$(OUT)/obj/agent/syscall_names.o: | $(OUT)/syscall_table.h


include tests/tests.mk

# A file as a C array: schemas for lint and the tests (analyzer/data/x.json -> build/data/x.json.h), the server's web page.
define bytes
	@mkdir -p $(@D)
	$(call say,DATA,$<)
	$(Q)(printf 'static const unsigned char %s[] = {' '$(subst .,_,$(subst -,_,$(notdir $*)))'; \
		od -An -v -tx1 $< | sed 's/ \(..\)/0x\1,/g'; echo '0 };') > $@
endef
$(OUT)/data/%.h: analyzer/data/%
	$(bytes)
$(OUT)/page/%.h: server/page/%
	$(bytes)
$(OUT)/obj/server/api_page.o $(OUT)/obj/server/api_docs.o: | $(page_headers)

# Swagger UI and ReDoc, from npm where there is one.
$(OUT)/docs/fetched: server/docs/packages server/docs/fetch.sh
	$(call say,NPM,$(@D))
	$(Q)server/docs/fetch.sh $(@D) && touch $@
$(OUT)/obj/server/api_docs.o: $(OUT)/docs/fetched
$(OUT)/obj/server/api_docs.o: CPPFLAGS += -Wa,-I$(OUT)
$(analyzer): | $(data_headers)

$(OUT)/tests/%: tests/unit/%.c $(OUT)/libanalyzer.a $(OUT)/libagent.a
	@mkdir -p $(@D)
	$(call say,TEST,$<)
	$(Q)$(CC) $(flags) -MMD -MP $(ldflags) $< $(OUT)/libanalyzer.a $(OUT)/libagent.a \
		-lcmocka $(analyzer_libs) $(agent_libs) -o $@

# The server links neither of the two: its tests do not, either.
$(OUT)/tests/test_server_%: tests/unit/test_server_%.c $(OUT)/libserver.a
	@mkdir -p $(@D)
	$(call say,TEST,$<)
	$(Q)$(CC) $(flags) -MMD -MP $(ldflags) $< $(OUT)/libserver.a -lcmocka $(server_libs) -o $@

$(OUT)/tests/test_client_%: tests/unit/test_client_%.c $(client) $(OUT)/libserver.a
	@mkdir -p $(@D)
	$(call say,TEST,$<)
	$(Q)$(CC) $(flags) -MMD -MP $(ldflags) $< $(client) $(OUT)/libserver.a -lcmocka $(client_libs) -o $@

$(OUT)/tests/tools/%: tests/tools/%.c
	@mkdir -p $(@D)
	$(call say,TOOL,$<)
	$(Q)$(CC) -std=gnu17 -O2 -Wall -Wextra -Werror -D_GNU_SOURCE -I. $< -static -pthread -o $@

# Fuzz harnesses: everything built once more by clang, with coverage and sanitizers.
fuzz_flags := -std=gnu17 -g -O1 -I. -I$(OUT) -D_GNU_SOURCE -fsanitize=fuzzer-no-link,address,undefined \
              -fno-sanitize-recover=all
$(OUT)/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,FUZZ,$<)
	$(Q)clang $(fuzz_flags) -MMD -MP -c $< -o $@
$(OUT)/fuzz/obj/analyzer/%.o: | $(data_headers)

$(client_fuzzers): $(OUT)/fuzz/%: $(OUT)/fuzz/obj/tests/fuzz/%.o $(patsubst %.c,$(OUT)/fuzz/obj/%.o,$(filter-out %/main.c,$(wildcard server/*.c server/client/*.c kubescape-compat/*.c)))
	$(Q)clang -fsanitize=fuzzer,address,undefined $^ $(server_libs) -o $@

$(server_fuzzers): $(OUT)/fuzz/%: $(OUT)/fuzz/obj/tests/fuzz/%.o $(patsubst %.c,$(OUT)/fuzz/obj/%.o,$(filter-out %/main.c,$(wildcard server/*.c kubescape-compat/*.c)))
	$(Q)clang -fsanitize=fuzzer,address,undefined $^ $(server_libs) -o $@

$(filter-out $(client_fuzzers) $(server_fuzzers),$(fuzzers)): $(OUT)/fuzz/%: $(OUT)/fuzz/obj/tests/fuzz/%.o $(patsubst %.c,$(OUT)/fuzz/obj/%.o,$(filter-out %/main.c,$(wildcard analyzer/*.c kubescape-compat/*.c)))
	$(Q)clang -fsanitize=fuzzer,address,undefined $^ $(analyzer_libs) -o $@

deps: ## install what is missing (Debian: apt-get, as root or with sudo)
	$(Q)tests/tools/deps.sh

demo: ## record and analyse a small real image, show the result
	$(Q)tests/tools/deps.sh
	$(Q)$(MAKE) --no-print-directory -s -j$(shell nproc) all
	$(Q)deploy/demo/demo.sh

test: ## build and run every test (TESTS=pattern: some); what lacks a privilege is skipped with a reason (a failure with CI=true)
	$(Q)tests/tools/deps.sh
	$(Q)$(MAKE) --no-print-directory -j$(shell nproc) all build-tests
	$(Q)$(MAKE) --no-print-directory -j$(shell nproc) SAN=1 build-units
	$(Q)$(MAKE) --no-print-directory -j$(shell nproc) SAN=thread build-threads
	$(Q)$(if $(filter true,$(CI)),$(MAKE) --no-print-directory -j$(shell nproc) build-fuzzers)
	$(Q)tests/run.sh $(TESTS)

build-tests: $(programs) $(tests) $(tools) $(OUT)/tests/estimate
build-units: $(tests)
# Those with many threads, for TSan.
.PHONY: build-threads
build-threads: $(addprefix $(OUT)/tests/test_server_,store store_crowd postgres)
build-fuzzers: $(fuzzers)

check: ## the rules of the house: layers, headers, size, style, registered tests
	$(Q)tests/check/all.sh

check-headers:
	$(Q)for h in $(filter-out %.bpf.h,$(wildcard $(dirs:=/*.h) server/client/*.h)); do \
		$(CC) $(filter-out -Werror,$(flags)) -Werror -fsyntax-only -include $$h -x c /dev/null || exit 1; \
	done

bench: all $(bench_tools) ## cost of watching, beside the empty program, strace and bpftrace, as ratios; and bench-server
	$(Q)tests/bench/run.sh
	$(Q)tests/bench/server/run.sh

bench-server: all ## cost of the server, beside FastAPI, uvicorn, SQLAlchemy and PostgreSQL, as ratios
	$(Q)tests/bench/server/run.sh

truth: all ## verdicts at function level held against breakpoints and valgrind; writes tests/truth/README.md (minutes)
	$(Q)tests/truth/run.sh $(WORKLOADS)

reach: all ## what the proof of R4 settles, and whether it is ever wrong; writes tests/reach/README.md (minutes)
	$(Q)tests/reach/run.sh

calibration: $(OUT)/tests/estimate ## what is unseen, estimated and seen in recorded runs; writes tests/calibration/README.md (RECORD=1: records them)
	$(Q)tests/tools/deps.sh gnuplot-nox
	$(Q)$(if $(RECORD),$(MAKE) --no-print-directory -s all && tests/calibration/record.sh)
	$(Q)tests/calibration/run.sh $<

scanners: all ## the real grype and trivy, built from their Go modules, do what lint foretells (half an hour)
	$(Q)tests/scanners/build.sh
	$(Q)tests/scanners/run.sh

fuzz: $(fuzzers) ## run every fuzz harness for FUZZ_SECONDS (30) each
	$(Q)FUZZ_SECONDS=$(FUZZ_SECONDS) FUZZ_RUNS=$(FUZZ_RUNS) tests/fuzz/run.sh $(fuzzers)

kernels: all build-tests ## the coverage program on Debian's kernels under qemu
	$(Q)tests/kernels/run.sh

package-test: all ## the Debian package on a machine with systemd, under qemu
	$(Q)tests/package/run.sh

compose-test: all ## deploy/compose.yaml in a docker daemon of its own, down to each capability; docker compose is built once (a quarter of an hour)
	$(Q)tests/compose/test.sh

cluster: ## a real Kubernetes of one node on this machine, in namespaces of its own (the first time it is built: half an hour)
	$(Q)tests/cluster/cluster.sh up

cluster-test: all build-tests ## what the server and the agent do in it, and whether it takes the manifests
	$(Q)tests/cluster/manifests.sh
	$(Q)tests/cluster/identity.sh
	$(Q)tests/cluster/network.sh
	$(Q)tests/cluster/test.sh
	$(Q)tests/cluster/functions.sh
	$(Q)tests/cluster/kubescape.sh
	$(Q)tests/cluster/node_lost.sh
	$(Q)tests/cluster/gvisor.sh
	$(Q)tests/cluster/many.sh

cluster-deploy: images ## brings it up, deploys deploy/kubernetes in it as it is, compares verdicts with the local executor's, then the chart, and ends it
	$(Q)tests/cluster/cluster.sh up
	$(Q)tests/cluster/deploy.sh && tests/cluster/helm.sh; status=$$?; tests/cluster/cluster.sh down && exit $$status

cluster-down: ## ends it, and leaves nothing
	$(Q)tests/cluster/cluster.sh down

# What vexxy says of itself: never out of step with its option tables.
self := $(OUT)/share/vexxy.1 $(OUT)/share/vexxy.bash $(OUT)/share/_vexxy
$(self): $(OUT)/vexxy
	@mkdir -p $(@D)
	$(call say,SHARE,$@)
	$(Q)$< $(if $(filter %.1,$@),--man,--completion $(if $(filter %.bash,$@),bash,zsh)) >$@

server_self := $(OUT)/share/vexxy-server.8 $(OUT)/share/vexxy-server.bash $(OUT)/share/_vexxy-server
$(server_self): $(OUT)/vexxy-server
	@mkdir -p $(@D)
	$(call say,SHARE,$@)
	$(Q)$< $(if $(filter %.8,$@),--man,--completion $(if $(filter %.bash,$@),bash,zsh)) >$@

install: all $(self) $(server_self) ## install programs, manual pages and completion below prefix (/usr/local)
	install -Dm755 -t $(DESTDIR)$(prefix)/bin $(programs)
	install -Dm644 -t $(DESTDIR)$(prefix)/share/man/man1 deploy/man/*.1 $(OUT)/share/vexxy.1
	install -Dm644 -t $(DESTDIR)$(prefix)/share/vexxy deploy/symbols/*.jsonl deploy/advisories/functions.osv.jsonl
	install -Dm644 $(OUT)/share/vexxy.bash $(DESTDIR)$(prefix)/share/bash-completion/completions/vexxy
	install -Dm644 $(OUT)/share/_vexxy $(DESTDIR)$(prefix)/share/zsh/site-functions/_vexxy
	install -Dm644 -t $(DESTDIR)$(prefix)/share/man/man8 $(OUT)/share/vexxy-server.8
	install -Dm644 $(OUT)/share/vexxy-server.bash $(DESTDIR)$(prefix)/share/bash-completion/completions/vexxy-server
	install -Dm644 $(OUT)/share/_vexxy-server $(DESTDIR)$(prefix)/share/zsh/site-functions/_vexxy-server

images: all ## container images of agent and server, from Debian packages (root), into build/images
	$(Q)deploy/images/build.sh

deb: all ## a Debian package with the programs and systemd units, into build/
	$(Q)deploy/deb.sh

format: ## rewrite sources with clang-format
	$(Q)git ls-files '*.[ch]' | xargs clang-format -i

clean: ## remove build output
	$(Q)rm -rf build build-san build-tsan

help: ## list targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 18

.PHONY: all deps demo test build-tests build-units build-fuzzers check check-headers bench bench-server truth reach scanners calibration fuzz kernels package-test compose-test cluster cluster-test cluster-deploy cluster-down install images deb format clean help
.DELETE_ON_ERROR:
.SECONDARY:
-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
