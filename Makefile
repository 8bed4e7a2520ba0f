build:          ; go build -o pith ./cmd/pith
# With llama.cpp, for the processor at hand; needs a C++ compiler. Without -march it is made
# for any processor of its kind, and slower. With llamafile's matrix products, workers on
# a processor would have to take turns.
LLAMA_FLAGS = -O3 -march=native -UGGML_USE_LLAMAFILE
LLAMA = CGO_ENABLED=1 CGO_CFLAGS="$(LLAMA_FLAGS)" CGO_CXXFLAGS="$(LLAMA_FLAGS)" go
build-llama:    ; $(LLAMA) build -tags llama -o pith ./cmd/pith
test-llama:     ; $(LLAMA) test -tags llama -timeout 30m ./model/llama && $(LLAMA) test -tags llama -run Llama ./codec && $(LLAMA) test -tags llama -run 'Scripts/backend' ./cmd/pith
test:           ; go test ./...
test-race:      ; go test -race -short ./...
bench-engine:   ; go test ./model/lm -run Roofline -v -roofline -timeout 20m
bench-engine-llama: bench-engine
	$(LLAMA) test -tags llama ./model/llama -run Speed -v -speed -timeout 20m
generate:       ; cd model/lm/kernel/_asm && go run . -out ../kernel_amd64.s -stubs ../stubs_amd64.go -pkg kernel
	cd model/lm/kernel/_asm/arm64 && go run . -out ../../kernel_arm64.s -stubs ../../stubs_arm64.go
manual:         ; go test ./cmd/pith -run 'TestManual$$' -write
roundtrip:      ; scripts/roundtrip.sh
cross:          ; scripts/cross.sh
bench:          ; scripts/bench.sh
coverage:       ; scripts/coverage.sh
mutate:         ; go run ./internal/mutate ./arith ./container
fused:          ; scripts/fused.sh
lint:           ; scripts/lint.sh
nightly:        ; scripts/nightly.sh
.PHONY: build build-llama test-llama test test-race bench-engine bench-engine-llama generate manual roundtrip cross bench coverage mutate fused lint nightly
