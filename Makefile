build:          ; go build -o pith ./cmd/pith
test:           ; go test ./...
test-race:      ; go test -race -short ./...
bench-engine:   ; go test ./model/lm -run Roofline -v -roofline -timeout 20m
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
.PHONY: build test test-race bench-engine generate manual roundtrip cross bench coverage mutate fused lint nightly
