# abl_lib.sh: what a test of the built pam_abl.so says, beside sandbox_lib.sh.
#
#   install_abl DIRECTORY [LINE...]    copies DIRECTORY's pam/pam_abl.so and release/ablctl to where every user can read them;
#                                      LINEs are the configuration, ten_an_hour if there are none
#   ten_an_hour                        prints rules like conf/pam_abl.conf's, but with one limit for all hosts, this machine too
#   protect CONTROL JUDGE SERVICE...   writes the PAM services: pam_abl.so as CONTROL (required, requisite, none to leave it out),
#                                      in front of JUDGE: testcheck (the password is "right"), unix, or unix-slow (with its delays)
#   guard_sshd                         starts an sshd, once, on port $ABL_PORT, that lets a connection guess 100 times
#   connections                        how many it has
#   try HOW USER PASSWORD [SOURCE]     one login; HOW is pw or kbd (over sshd, from SOURCE), su, sudo, login, or libpam (pamdrive);
#                                      prints ok or denied (or what went wrong). With sudo, USER is the caller.
#   judged [PATTERN]                   how many passwords testcheck has judged, without those that pam_abl made up for a refused one
#   ablctl ARGUMENT...                 the one that was installed, with the test's configuration
#   standing -H HOST | -U USER         clear or blocked
#   recorded NAME                      how many failures of a host or user are on record
#   await EXPECTED COMMAND...          until COMMAND prints EXPECTED, for at most two minutes
#   timed COMMAND...                   what COMMAND prints, a blank, and how many milliseconds it took
#   paused COMMAND...                  what COMMAND prints, a blank, and for how many milliseconds pam_abl.so has let anybody wait meanwhile:
#                                      those that it asked the system for, however busy the machine is
#   longest_pause PROGRAM              since paused, or forget_pauses: of the process of PROGRAM that waited longest, the milliseconds
#
# For hostile local callers (root only):
#   quick_su                           su without its own delay, and, where it is protected after this, without that of a
#                                      refusal; and suclient.py where every user can read it
#   suclient ARGUMENT...               caller runs suclient.py
#   open_guesser USER                  starts `suclient prompts USER`; then
#   tell LINE...                       tells it, and prints its answers
#   judged_through_pipe                from now on also what is judged under a caller's `ulimit -f 0` is seen
#   hold_lock, release_lock            from now on another process has the lock of the store; and has it no longer
#   new_group freeze|max         prints the directory of a new control group that can be frozen, or whose share of a processor can be
#                                limited (cpu.max); status 1 where there can be none. remove_group GROUP: at the end
#   in_group GROUP COMMAND...    runs COMMAND in it
#   freeze GROUP 1|0             freezes what is in it, and lets it go on
#   starve GROUP                 gives it a twentieth of a processor, all of it at once
#   in_flight -H HOST | -U USER        how many attempts are in flight
#   answered                           how many of all have their answer, and no verdict yet
#
# In `sandbox` (root) the store is where it is by default; in `sandbox_user` it is in $ABL_TEST_DIR.

ABL_PORT=${ABL_PORT:-48170}
ABL_CONFIGURATION=$ABL_TEST_DIR/pam_abl.conf
hasty=

ten_an_hour() {
    echo 'host_rule = *:10/1h,30/1d'
    echo 'user_rule = !root:10/1h,30/1d'
}

# In the directory of another than root the store must be there too: /var/lib is root's.
homes() {
    [ "$(id -u)" = 0 ] && return
    echo "db_home = $ABL_TEST_DIR/store"
    echo "run_home = $ABL_TEST_DIR/in-flight"
}

install_abl() { # DIRECTORY [LINE...]
    local directory=$1
    shift
    cp "$directory/pam/pam_abl.so" "$directory/release/ablctl" "$ABL_SUPPORT/"
    chmod 755 "$ABL_SUPPORT/pam_abl.so" "$ABL_SUPPORT/ablctl"
    if [ $# -gt 0 ]; then printf '%s\n' "$@"; else ten_an_hour; fi >"$ABL_CONFIGURATION"
    homes >>"$ABL_CONFIGURATION"
    chmod 644 "$ABL_CONFIGURATION"
}

judge_line() { # JUDGE
    case $1 in
    testcheck) echo "$ABL_SUPPORT/pam_testcheck.so password=right log=$ABL_TEST_DIR/judged" ;;
    unix) echo 'pam_unix.so nodelay' ;;
    unix-slow) echo 'pam_unix.so' ;;
    esac
}

protect() { # CONTROL JUDGE SERVICE...
    local control=$1 judge service front=()
    judge=$(judge_line "$2")
    shift 2
    [ "$control" = none ] || front=("auth $control $ABL_SUPPORT/pam_abl.so config=$ABL_CONFIGURATION")
    for service in "$@"; do
        pam_service "$service" "$(haste "$service")" "${front[@]}" "auth required $judge" "account required ${judge%% *}" \
            "session required ${judge%% *}"
    done
}

haste() { # SERVICE
    [ "$hasty $1" != 'yes su' ] || echo "auth optional $ABL_SUPPORT/pam_testcheck.so hasty"
}

guard_sshd() {
    [ -e "$ABL_TEST_DIR/sshd-$ABL_PORT/pid" ] || MAX_AUTH_TRIES=100 start_sshd "$ABL_PORT" >/dev/null
}

connections() {
    pgrep -c -P "$(cat "$ABL_TEST_DIR/sshd-$ABL_PORT/pid")" || true
}

# In a step of sshclient.py or pamdrive some bytes have a meaning.
escape() { # TEXT
    local text=$1
    text=${text//%/%25}
    text=${text//:/%3A}
    echo "${text// /%20}"
}

try() { # HOW USER PASSWORD [SOURCE]
    case $1 in
    pw | kbd) try_sshd "$1:$(escape "$2"):$(escape "$3")" "${4:--}" ;;
    su) su_try caller "$2" "$3" || true ;;
    sudo) sudo_try "$2" root "$3" || true ;;
    login) login_try "$2" "$3" || true ;;
    libpam) try_libpam "$2" "$3" ;;
    esac
}

try_sshd() { # STEP SOURCE
    local answer
    answer=$("$ABL_SUPPORT/sshclient.py" 127.0.0.1 "$ABL_PORT" "$2" "$1" 2>&1 || true)
    echo "$answer" | cut -d' ' -f2
}

try_libpam() { # USER PASSWORD
    local answer
    answer=$(${PAM_WRAPPER:+wrapped} "$ABL_SUPPORT/pamdrive" --no-delay --service libpam --user "$(escape "$1")" \
        "auth:$(escape "$2")" 2>&1 || true)
    case $answer in
    'auth 0 '*) echo ok ;;
    'auth 7 '*) echo denied ;;
    *) echo "$answer" ;;
    esac
}

judged() { # [PATTERN]
    local file=$ABL_TEST_DIR/judged
    if [ -e "$file.log" ]; then
        drain "$file"
        file=$file.log
    fi
    [ -e "$file" ] || { echo 0 && return; }
    grep -aE -- "${1:-.}" "$file" | grep -acvE '^mark | junk$' || true
}

judged_through_pipe() {
    local pipe=$ABL_TEST_DIR/judged fd
    mkfifo "$pipe"
    : >"$pipe.log"
    exec {fd}<>"$pipe"
    cat <&"$fd" >>"$pipe.log" 2>/dev/null &
    exec {fd}>&-
}

ablctl() { # COMMAND ARGUMENT...
    local command=$1
    shift
    "$ABL_SUPPORT/ablctl" "$command" --config "$ABL_CONFIGURATION" "$@"
}

standing() { # -H HOST | -U USER
    local status=0
    ablctl check --quiet "$@" || status=$?
    case $status in
    0) echo clear ;;
    2) echo blocked ;;
    *) echo "failure $status" ;;
    esac
}

await() { # EXPECTED COMMAND...
    local expected=$1 i
    shift
    for i in {1..2400}; do
        [ "$("$@")" = "$expected" ] && return
        sleep 0.05
    done
    echo "still not '$expected': $*" >&2
    return 1
}

recorded() { # NAME
    { ablctl list --json | grep -F "\"name\":\"$1\"" || echo '"failures":0,'; } |
        sed 's/.*"failures":\([0-9]*\).*/\1/'
}

timed() { # COMMAND...
    local begin answer
    begin=$(date +%s%N)
    answer=$("$@")
    echo "$answer $((($(date +%s%N) - begin) / 1000000))"
}

forget_pauses() {
    install -m 666 /dev/null "$ABL_TEST_DIR/waits"
}

# sleep(1) waits by the same call.
paused() { # COMMAND...
    local answer
    forget_pauses
    answer=$("$@")
    echo "$answer $(awk '$2 != "sleep" { all += $1 } END { print int(all / 1000) }' "$ABL_TEST_DIR/waits")"
}

longest_pause() { # PROGRAM
    awk -v program="$1" '$2 == program { of[$3] += $1; if (of[$3] > longest) longest = of[$3] }
        END { print int(longest / 1000) }' "$ABL_TEST_DIR/waits"
}

# ---- hostile local callers ----

quick_su() {
    hasty=yes
    echo 'FAIL_DELAY 0' >>/etc/login.defs
    install -m 755 "$(dirname "$ABL_LIBRARY")/suclient.py" "$ABL_SUPPORT/"
}

suclient() {
    as_user caller "$ABL_SUPPORT/suclient.py" "$@"
}

# The copies of the descriptors are for subshells, which don't get those of a coprocess.
open_guesser() { # USER
    coproc GUESSER { suclient prompts "$1" 2>&1; }
    exec {guesser_in}>&"${GUESSER[1]}" {guesser_out}<&"${GUESSER[0]}"
}

tell() { # LINE...
    local line
    echo "$@" >&"$guesser_in"
    while read -r -t 300 line <&"$guesser_out"; do
        echo "$line"
        case $line in opened* | answered* | typed* | stopped* | continued* | ended* | killed*) return ;; esac
    done
    return 1
}

# The other process is this shell.
hold_lock() {
    [ -e /var/lib/abl/lock ] || install -m 600 /dev/null /var/lib/abl/lock
    exec {held_lock}<>/var/lib/abl/lock
    flock -w 30 "$held_lock"
}

release_lock() {
    flock -u "$held_lock"
    exec {held_lock}>&-
}

# Of the second version only, for freezing: what is frozen by the first can't be killed. Where a machine has only the first, the
# second is mounted for this sandbox; it has no controllers there, but it freezes.
new_group() { # freeze|max
    local place group file own=$ABL_TEST_DIR/cgroup
    [ "$1" = max ] || { mkdir -p "$own" && mount -t cgroup2 cgroup2 "$own" 2>/dev/null; } || true
    for place in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/cpu "$own"; do
        group=$(mktemp -d "$place/abl-test-XXXXXX" 2>/dev/null) || continue
        for file in cgroup.freeze cpu.max cpu.cfs_quota_us; do
            case "$1 $file" in 'freeze cgroup.freeze' | 'max cpu.'*) ;; *) continue ;; esac
            [ -e "$group/$file" ] || continue
            echo "$group"
            return
        done
        rmdir "$group"
    done
    return 1
}

in_group() { # GROUP COMMAND...
    local group=$1
    shift
    (
        echo "$BASHPID" >"$group/cgroup.procs"
        "$@"
    )
}

freeze() { # GROUP 1|0
    echo "$2" >"$1/cgroup.freeze"
}

starve() { # GROUP
    if [ -e "$1/cpu.max" ]; then
        echo '50000 1000000' >"$1/cpu.max"
    else
        echo 1000000 >"$1/cpu.cfs_period_us"
        echo 50000 >"$1/cpu.cfs_quota_us"
    fi
}

# What is left in it goes elsewhere, or is killed.
remove_group() { # GROUP
    local i
    if [ -e "$1/cgroup.freeze" ]; then freeze "$1" 0; fi
    for i in {1..100}; do
        { grep -vx 0 "$1/cgroup.procs" || true; } | xargs -r kill -KILL 2>/dev/null || true
        if rmdir "$1" 2>/dev/null; then return; fi
        sleep 0.05
    done
    echo "control group $1 can't be removed" >&2
}

in_flight() { # -H HOST | -U USER
    local kind=--host
    [ "$1" = -H ] || kind=--user
    ablctl show --json "$kind" "$2" 2>/dev/null | grep -c inFlight || true
}

slots() { # [FILE...]: prints STATE PROCESS USER of each slot that is in use, of the table unless files are named
    [ $# -gt 0 ] || set -- /run/abl/in-flight-*
    "$ABL_STORETOOL" slots "$@"
}

answered() {
    slots | grep -cE '^(admitted|halfway) ' || true
}
