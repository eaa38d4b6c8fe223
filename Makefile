# Thin: each target is one command, and the command is a script that can be run alone.

.PHONY: all demo test test-long test-apps fuzz bench bench-plot lint install uninstall clean

all: .build/setup
	pam/build
	swift build -c release --static-swift-stdlib --product ablctl

demo: all
	Tests/Support/demo

test: all
	Tests/run

# The tests that take long: a thousand connections that hang up at any moment, ten thousand kills, a flood of two million
# names, and the rest of `make test`.
test-long: all
	ABL_DISCONNECTS=1000 ABL_LONG=1 Tests/run

# Made-up inputs for the parsers and decoders, in the normal and the Embedded build: five minutes.
fuzz: .build/setup
	Tests/Fuzz/run

# What a login costs, beside no module, pam_faillock and libpam-abl: ten minutes; with BENCH=--quick one or two.
bench: all
	Tests/Support/build
	Tests/Benchmarks/bench $(BENCH)

# The picture in README, of the last `make bench`.
bench-plot:
	Tests/Benchmarks/plot.py >docs/bench.svg

# One wrong and one right password through each application; installs the packages that are missing.
test-apps: all
	Tests/Support/apps

lint: .build/setup
	Tests/lint

# What Debian has to provide: installed if we may, else the line that does it.
.build/setup: Tests/setup
	Tests/setup
	mkdir -p .build && touch $@

# Not `install: all`: root may have no Swift in its path, and should not own what is built.
install:
	pam/install

uninstall:
	pam/uninstall

clean:
	rm -rf .build
