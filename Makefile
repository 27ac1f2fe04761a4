# Two commands do everything on a fresh Debian 12 machine: `make demo` and `make test`.
PRESET ?= release
BUILD  := build/$(PRESET)

.PHONY: help demo test build setup format lint clean
help:            ## this text
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: build      ## set up, build, and run the main job end to end (demo/index.html)
	$(BUILD)/bin/hangtag demo --out demo

test: build      ## set up, build, and run all tests
	ctest --test-dir $(BUILD) --output-on-failure --label-exclude full

build: setup     ## set up and build
	cmake --preset $(PRESET)
	cmake --build --preset $(PRESET)

setup:           ## install what is missing (Debian packages, the project's Python environment)
	scripts/setup

format:          ## clang-format over our sources
	clang-format -i $$(git ls-files '*.cpp' '*.h')

lint: build      ## clang-format and clang-tidy, without changing a file
	clang-format --dry-run -Werror $$(git ls-files '*.cpp' '*.h')
	run-clang-tidy -quiet -p $(BUILD) '$(CURDIR)/(src|apps)/'

clean:           ## remove what was built
	rm -rf build demo
