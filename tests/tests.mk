# What only the tests and benchmarks need.
bench_tools := $(OUT)/bench/loop $(OUT)/bench/hot $(OUT)/bench/floor $(OUT)/bench/floor.bpf.o

$(OUT)/bench/loop: tests/bench/loop.c
	@mkdir -p $(@D)
	$(call say,BENCH,$<)
	$(Q)$(CC) -std=gnu17 -O2 -Wall -Wextra -Werror -D_GNU_SOURCE $< -static -o $@

$(OUT)/bench/hot: tests/bench/hot.c
	@mkdir -p $(@D)
	$(call say,BENCH,$<)
	$(Q)$(CC) -std=gnu17 -O2 -Wall -Wextra -Werror -D_GNU_SOURCE -no-pie -Wl,--build-id $< -o $@

$(OUT)/bench/floor: tests/bench/floor.c
	@mkdir -p $(@D)
	$(call say,BENCH,$<)
	$(Q)$(CC) -std=gnu17 -O2 -Wall -Wextra -Werror -D_GNU_SOURCE $< -lbpf -o $@

$(OUT)/bench/floor.bpf.o: tests/bench/floor.bpf.c
	@mkdir -p $(@D)
	$(call say,BPF,$<)
	$(Q)$(CLANG) -g -O2 -Wall -Werror -target bpf -D__TARGET_ARCH_$(ARCH) $(BPF_SYS) -c $< -o $@

$(OUT)/tests/first_hits: tests/truth/first_hits.c
	@mkdir -p $(@D)
	$(call say,TOOL,$<)
	$(Q)$(CC) -std=gnu17 -O2 -Wall -Wextra -Werror -D_GNU_SOURCE $< -o $@

$(OUT)/tests/estimate: tests/calibration/estimate.c $(OUT)/obj/analyzer/incidence.o
	@mkdir -p $(@D)
	$(call say,TOOL,$<)
	$(Q)$(CC) $(flags) $(ldflags) $^ -lm -o $@

$(OUT)/tests/pairs: tests/reach/pairs.c $(OUT)/libanalyzer.a
	@mkdir -p $(@D)
	$(call say,TOOL,$<)
	$(Q)$(CC) $(flags) $(ldflags) $< $(OUT)/libanalyzer.a $(analyzer_libs) -o $@
