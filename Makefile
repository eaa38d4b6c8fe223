# Thin: each target is one command, and the command is a script that can be run alone. `make help` tells of those with ## above.

.PHONY: all help demo test test-long test-kernel test-fresh test-apps test-package test-systemd test-piuparts test-reproducible model fuzz \
  fuzz-api bench bench-daemon bench-beside bench-decrees bench-fleet bench-plot lint \
  install uninstall purge deb clean
.DELETE_ON_ERROR:

module = .build/pam/pam_abl.so

## pam_abl.so in .build/pam, ablctl, abld and abl-courier in .build/release, manual pages and completions in .build/share
all: $(module)
	pam/build-ablctl
	docs/man/make
	@echo "Built. It runs with glibc $$(pam/glibc $(module) .build/release/ablctl .build/release/abld .build/release/abl-courier) or newer."

$(module): $(wildcard pam/* Sources/CSystem/* Sources/CLMDB/*) \
  $(wildcard $(patsubst %,Sources/%/*.swift,Text Platform LMDBFile LMDB Policy BlockList PAMModule)) | .build/setup
	pam/build

## what there is to make
help:
	@awk '/^## / { what = substr($$0, 4) } \
	  what && /^[a-z-]+:/ { sub(/:.*/, ""); printf "make %-12s %s\n", $$0, what; what = "" }' Makefile

## a guesser at a private sshd
demo: all
	Tests/Support/demo

## all tests, in a quarter of an hour or more; as root all of them, else those that need no root
test: all
	Tests/run

## the tests that take long, and the rest of `make test`
# A thousand connections that hang up at any moment, ten thousand kills, a flood of two million names, each allocation failing
# instead of each seventh. At the end the firewall under Debian 12's own kernel, where that can be started.
test-long: all
	ABL_DISCONNECTS=1000 ABL_LONG=1 Tests/run
	Tests/Support/kernel || [ $$? = 77 ]

## the firewall's tests under Debian 12's own kernel, in a virtual machine, as root: some minutes
test-kernel: all
	Tests/Support/build
	swift build --build-tests
	Tests/Support/kernel

## `make demo` and `make test` in fresh roots of Debian 12 and 13: hours (FRESH='--quick 13-0-root': one, minutes)
test-fresh:
	Tests/Support/fresh $(FRESH)

## one wrong and one right password through each application, and the page in chromium; installs the packages that are missing
test-apps: all
	Tests/Support/apps
	Tests/Support/browser

## every order of the steps of table, journal and store, in a model, and of each fault that is put in: two minutes
model: .build/setup
	Tests/Model/check

## made-up inputs for the parsers and decoders, in the normal and the Embedded build: a minute a target
fuzz: .build/setup
	Tests/Fuzz/run

## made-up requests at the local API, by what docs/openapi.yaml says: a minute; installs schemathesis into .build
fuzz-api:
	swift build --product api-serve
	Tests/Support/fuzz-api

## what a login costs beside its peers, and whether the time of a refusal tells: ten minutes (BENCH=--quick: one or two)
bench: all
	Tests/Support/build
	Tests/Benchmarks/bench $(BENCH)
	Tests/Benchmarks/refusals $(filter --quick,$(BENCH))

## how soon a block is in the kernel, how long it takes to come up, and what abld costs: eight minutes; as root
bench-daemon: all
	Tests/Support/build
	Tests/Benchmarks/daemon

## the same guesses beside Debian's fail2ban and CrowdSec, which are unpacked and not installed: ten minutes; as root (BESIDE=--quick: three)
bench-beside: all
	Tests/Support/build
	Tests/Benchmarks/beside $(BESIDE)

## what 100 000 decrees add to a login: a minute
bench-decrees: all
	Tests/Support/build
	Tests/Benchmarks/decrees

## a thousand simulated machines that share, with real brokers, abld and courier: ten minutes; as root
bench-fleet: all
	Tests/Support/build
	swift build -c release --product fleetbench
	swift build -c release --product fleetswarm
	.build/release/fleetbench
	Tests/Benchmarks/fleet

## the picture in README, of the last `make bench`
bench-plot:
	Tests/Benchmarks/plot.py >docs/bench.svg

## what a program can check of the rules of the house
lint: .build/setup
	Tests/lint

# What Debian has to provide: installed if we may, else the line that does it.
.build/setup: Tests/setup
	Tests/setup
	mkdir -p .build && touch $@

## puts them in place; after make, as root
# Not `install: all`: root may have no Swift in its path, and should not own what is built.
install:
	pam/install

## takes them away again, but for the configuration and the store
uninstall:
	pam/uninstall

## takes those away, too
purge:
	pam/uninstall --purge

## Debian packages, in .build/deb
# Swift is not in Debian, so no package can stand for it (-d).
deb:
	Tests/setup binutils debhelper liblmdb-dev libmosquitto-dev libpam0g-dev pkg-config python3
	rm -rf .build/deb
	mkdir -p .build/deb
	dpkg-buildpackage -b -d -us -uc --buildinfo-file=.build/deb/abl.buildinfo --changes-file=.build/deb/abl.changes \
	  --buildinfo-option=-u.build/deb --changes-option=-u.build/deb

## whether two builds of one commit give the same packages, byte for byte
test-reproducible:
	Tests/Support/reproducible

## the packages in Debian 12 and 13 without Swift, as root: installed, upgraded, removed, with a real sshd
test-package: deb
	ABL_BEFORE=$$(Tests/Support/before) Tests/Support/package $(PACKAGE)

## what Debian's piuparts says of the packages, as root: some minutes, and Debian's archive
test-piuparts: deb
	Tests/Support/piuparts $(PIUPARTS)

## the packages under a real systemd as process 1, in Debian 12 and 13, as root: two minutes
test-systemd: deb
	Tests/Support/systemd $(SYSTEMD)

## removes all that was built
clean:
	rm -rf .build
