# package_lib.sh: the words of package_inside and systemd_inside, within a root.
#
#   expect NAME COMMAND...                 prints ok, or FAILED with the last lines of what it said
#   must NAME COMMAND...                   likewise, and nothing else is tried where it fails
#   no_output, refuses, says, tells, eventually COMMAND...
#   finish                                 says how many have passed; ends with 0 if all have
#   traces                                 what there is of abl
passed=0
failed=0

expect() { # NAME COMMAND...
    local name=$1 output status=0
    shift
    output=$("$@" 2>&1) || status=$?
    if [ $status = 0 ]; then
        passed=$((passed + 1))
        echo "  ok: $name"
    else
        failed=$((failed + 1))
        echo "  FAILED: $name (status $status)"
        printf '%s\n' "$output" | tail -n 12 | cut -c 1-200 | sed 's/^/      /'
    fi
}

no_output() {
    local output
    output=$("$@" 2>&1) || true
    echo "$output"
    [ -z "$output" ]
}

# Without that there is nothing to be tried.
must() { # NAME COMMAND...
    local known=$failed
    expect "$@"
    [ $failed = "$known" ] || finish
}

finish() {
    [ ! -e /run/sshd.pid ] || kill "$(cat /run/sshd.pid)"
    echo "  $part: $passed passed, $failed failed"
    [ $failed = 0 ]
    exit
}

refuses() { ! "$@"; }

says() { # TEXT COMMAND...: fails with that text, which is an extended regular expression
    local text=$1 output
    shift
    if output=$("$@" 2>&1); then
        echo "it did not fail: $output"
        return 1
    fi
    printf '%s\n' "$output"
    printf '%s\n' "$output" | grep -qE -- "$text"
}

tells() { # TEXT COMMAND...: succeeds with that text
    local text=$1 output
    shift
    output=$("$@" 2>&1) || { printf '%s\n' "$output"; return 1; }
    printf '%s\n' "$output"
    printf '%s\n' "$output" | grep -qE -- "$text"
}

eventually() { # COMMAND...: within 15 seconds
    local end=$((SECONDS + 15)) output
    until output=$("$@" 2>&1); do
        if [ $SECONDS -ge $end ]; then
            printf '%s\n' "$output"
            return 1
        fi
        sleep 0.1
    done
}

answer() { # no|sshd only|all
    echo "libpam-abl libpam-abl/protect select $1" | debconf-set-selections
}

fail_login() { # HOST [COUNT]
    local number
    for number in $(seq "${2:-10}"); do ablctl fail -H "$1" -s sshd || return; done
}

in_kernel() { nft list table inet abl | grep -E "$1( \. [0-9]+)? timeout"; }
no_table() { ! nft list tables | grep -w abl; }

# What there is of abl, outside of what dpkg itself and this test keep. The owner of a profile's choice is debconf's.
traces() {
    find / /run -xdev \( -path /abl-test -o -path /proc -o -path /var/cache -o -path /var/lib/apt -o -path /var/log \
        -o -name 'abl-test*' \) -prune -o \
        \( -iname '*pam_abl*' -o -iname '*pam-abl*' -o -name abl -o -name 'abl[-.]*' -o -name 'ablctl*' -o -name '_ablctl' \
        -o -name 'abld*' -o -name '[SK][0-9][0-9]abl*' \) -print
    # Not what ucf keeps of its own files as they were before.
    grep -l pam_abl /etc/pam.d/* /var/lib/pam/* /var/lib/ucf/hashfile /var/lib/ucf/registry /var/lib/dpkg/status 2>/dev/null
    grep -H '^abl:' /etc/passwd /etc/group /etc/shadow /etc/gshadow
    ! nft list tables 2>/dev/null | grep -w abl
}
