# abl_lib.sh: what a test of the built pam_abl.so says, beside sandbox_lib.sh.
#
#   install_abl DIRECTORY [LINE...]    copies DIRECTORY's pam/pam_abl.so and release/ablctl to where every user can read them;
#                                      LINEs are the configuration, ten_an_hour if there are none
#   ten_an_hour                        prints the two rules that conf/pam_abl.conf has
#   protect CONTROL JUDGE SERVICE...   writes the PAM services: pam_abl.so as CONTROL (required, requisite, none to leave it out),
#                                      in front of JUDGE: testcheck (the password is "right"), unix, or unix-slow (with its delays)
#   guard_sshd                         starts an sshd, once, on port $ABL_PORT, that lets a connection guess 100 times
#   connections                        how many it has
#   try HOW USER PASSWORD [SOURCE]     one login; HOW is pw or kbd (over sshd, from SOURCE), su, sudo, login, or libpam (pamdrive);
#                                      prints ok or denied (or what went wrong). With sudo, USER is the caller.
#   judged [PATTERN]                   how many passwords testcheck has judged
#   ablctl ARGUMENT...                 the one that was installed, with the test's configuration
#   standing -H HOST | -U USER         clear or blocked
#   recorded NAME                      how many failures of a host or user are on record
#   await EXPECTED COMMAND...          until COMMAND prints EXPECTED, for at most 10 s
#   timed COMMAND...                   what COMMAND prints, a blank, and how many milliseconds it took
#
# For hostile local callers (root only):
#   quick_su                           su without its own delay, and suclient.py where every user can read it
#   suclient ARGUMENT...               caller runs suclient.py
#   open_guesser USER                  starts `suclient prompts USER`; then
#   tell LINE...                       tells it, and prints its answers
#   judged_through_pipe                from now on also what is judged under a caller's `ulimit -f 0` is seen
#   hold_lock, release_lock            from now on another process has the lock of the store; and has it no longer
#   in_flight -H HOST | -U USER        how many attempts are in flight
#   answered                           how many of all have their answer, and no verdict yet
#
# In `sandbox` (root) the store is where it is by default; in `sandbox_user` it is in $ABL_TEST_DIR.

ABL_PORT=${ABL_PORT:-48170}
ABL_CONFIGURATION=$ABL_TEST_DIR/pam_abl.conf

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
        pam_service "$service" "${front[@]}" "auth required $judge" "account required ${judge%% *}" \
            "session required ${judge%% *}"
    done
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
    grep -aE -- "${1:-.}" "$file" | grep -acv '^mark ' || true
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
    for i in {1..200}; do
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

# ---- hostile local callers ----

quick_su() {
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
    while read -r -t 60 line <&"$guesser_out"; do
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

in_flight() { # -H HOST | -U USER
    local kind=--host
    [ "$1" = -H ] || kind=--user
    ablctl show --json "$kind" "$2" 2>/dev/null | grep -c inFlight || true
}

# A slot of the table has 1024 bytes, of which the first is the state: see InFlight.State.
answered() {
    od -An -v -tu1 -w1024 /run/abl/attempts-* | awk '$1 == 3' | wc -l
}
