#!/usr/bin/python3
"""suclient.py: types passwords to su, as a local user who would like not to be counted does it.

  suclient.py guess CONDITION USER PASSWORD COUNT
  suclient.py stop COUNT USER PASSWORD LONGEST HELD
  suclient.py torment COUNT USER PASSWORD LONGEST HELD
  suclient.py prompts USER

Whoever runs it is the caller of su; each su has a terminal of its own.

guess: COUNT times the password, one after the other; prints what the caller learns, a line each: how su ended, and what it said:
  `exit 0 pty-42` (we were in), `exit 1 su: Authentication failure`, `signal 25`, `exit 1`.
  CONDITION is - (nothing special) or some of these, joined by +
    fsize=N as=N data=N stack=N nofile=N nproc=N cpu=N   the limit (setrlimit), hard and soft; K and M are units
    close=DIGITS      descriptors that are closed            umask=OCTAL
    ignore=SIGNAL     ignored                                block=SIGNAL     blocked; SIGNAL may be ALL
    raise=SIGNAL      blocked, and pending already           alarm=MICROSECONDS   a timer that kills su, unless it is ignored
    cwd=gone          in a directory that was removed        env=hostile      LD_PRELOAD, LOCPATH, TZ, HOME and more point nowhere good
    nice              as slow as it gets                     idle             of the class SCHED_IDLE
    soft=NAME:N       the soft limit alone                   processor=N      on that processor only
    oom               the first to be killed                 disk             the last to be given the disk
    keyring           with a session keyring named `hostile`

stop: COUNT times the password, each su stopped by SIGSTOP at a random moment up to LONGEST µs after its start. It stays so for HELD ms, then every
  other one is continued, the rest killed. Prints `stopped S spared P gone G said F`: stopped; spared by the kernel (EPERM); ended by then;
  how many said to their caller that the password was wrong.

torment: COUNT su at once, each with the password, and with a fate of its own at a random moment up to LONGEST µs after its start: killed;
  stopped, and continued or killed up to HELD ms later; stopped and continued again and again; or none. Prints a line as `stop` does,
  with `killed K`.

prompts: obeys lines on standard input, and answers each with a line:
  open N          N more su that ask for the password          opened N
  answer N P      P to the N oldest; waits for their ends      a line for each, as for guess, and `answered N`
  type N P        P to the N newest; doesn't wait              typed N
  stop N          SIGSTOP to the N newest                      stopped N
  cont N          SIGCONT to the N oldest                      continued N
  await N         the ends of the N oldest                     a line for each, and `ended N`
  kill N          SIGKILL to the N oldest                      killed N
"""
import collections
import ctypes
import os
import platform
import pty
import random
import re
import resource
import select
import signal
import subprocess
import sys
import tempfile
import time

PATIENCE = 240  # seconds, for one su: also one that has the processor last
HOSTILE = {
    'LD_PRELOAD': '/nonexistent.so', 'LD_LIBRARY_PATH': '/tmp', 'LD_AUDIT': '/nonexistent.so', 'LD_BIND_NOW': '', 'LOCPATH': '/tmp',
    'LC_ALL': 'xx_XX.UTF-8', 'LANGUAGE': '../../../tmp', 'NLSPATH': '/tmp/%N', 'TZ': ':/etc/shadow', 'TZDIR': '/tmp', 'HOME': '/nonexistent',
    'TMPDIR': '/nonexistent', 'PATH': '', 'IFS': 'x', 'MALLOC_ARENA_MAX': '0', 'MALLOC_PERTURB_': '85', 'MALLOC_CHECK_': '3',
    'GLIBC_TUNABLES': 'glibc.malloc.check=3:glibc.malloc.perturb=170', 'GCONV_PATH': '/tmp', 'RES_OPTIONS': 'debug', 'HOSTALIASES': '/etc/shadow',
    'SWIFT_DEBUG_ENABLE_MALLOC_SCRIBBLE': '1', 'SSH_CONNECTION': '192.0.2.66 1 192.0.2.1 22', 'ABL_TEST_CLOCK': '/nonexistent',
}


# ---- conditions, set in the child ----

def size(text):
    return int(text[:-1]) << {'K': 10, 'M': 20}[text[-1]] if text[-1] in 'KM' else int(text)


def signals(name):
    return set(range(1, 65)) - {9, 19, 32, 33} if name == 'ALL' else {getattr(signal, 'SIG' + name)}


def set_limit(name, value):
    number = size(value)
    resource.setrlimit(getattr(resource, 'RLIMIT_' + name.upper()), (number, number))


def set_soft_limit(text):
    name, value = text.split(':')
    limit = getattr(resource, 'RLIMIT_' + name.upper())
    resource.setrlimit(limit, (size(value), resource.getrlimit(limit)[1]))


def be_killed_first(_):
    with open('/proc/self/oom_score_adj', 'w', encoding='ascii') as file:
        file.write('1000')


def join_keyring(_):
    keyctl = {'x86_64': 250, 'aarch64': 219}[platform.machine()]
    ctypes.CDLL(None).syscall(keyctl, 1, b'hostile')


def ignore(name):
    for number in signals(name):
        signal.signal(number, signal.SIG_IGN)


def raise_blocked(name):
    signal.pthread_sigmask(signal.SIG_BLOCK, signals(name))
    for number in signals(name):
        os.kill(os.getpid(), number)


def enter_removed_directory(_):
    directory = tempfile.mkdtemp(dir='/tmp')
    os.chdir(directory)
    os.rmdir(directory)


def close_all(digits):
    for digit in digits:
        os.close(int(digit))


EFFECTS = {
    'close': close_all, 'umask': lambda octal: os.umask(int(octal, 8)), 'ignore': ignore, 'raise': raise_blocked,
    'block': lambda name: signal.pthread_sigmask(signal.SIG_BLOCK, signals(name)),
    'alarm': lambda text: signal.setitimer(signal.ITIMER_REAL, int(text) / 1e6), 'cwd': enter_removed_directory,
    'env': lambda _: os.environ.update(HOSTILE), 'nice': lambda _: os.nice(19),
    'idle': lambda _: os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0)), 'oom': be_killed_first,
    'processor': lambda number: os.sched_setaffinity(0, {int(number)}), 'keyring': join_keyring, 'soft': set_soft_limit,
    'disk': lambda _: subprocess.run(['ionice', '-c3', '-p', str(os.getpid())], check=True),
}


def impose(condition):
    parts = [part.partition('=')[::2] for part in condition.split('+') if part != '-']
    # Python needs its files and its memory until the very end.
    parts.sort(key=lambda part: part[0] not in EFFECTS or part[0] == 'soft')
    for name, value in parts:
        if name in EFFECTS:
            EFFECTS[name](value)
        else:
            set_limit(name, value)


# ---- one su ----

class Su:
    """su, from its start to its end."""

    def __init__(self, user, condition='-'):
        self.said, self.status, self.begin = b'', None, time.monotonic()
        self.is_seen = condition == '-'
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            self.become_su(user, condition)
        os.set_blocking(self.terminal, False)

    @staticmethod
    def become_su(user, condition):
        arguments = ['su', user, '-c', 'echo pty-$((40+2))']
        try:
            # What Python ignores would stay ignored in su.
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            # The tests' own threads block most signals. With SIGALRM blocked su would wait for ever for btmp, which a stopped su has locked.
            signal.pthread_sigmask(signal.SIG_SETMASK, [])
            impose(condition)
            os.execv('/bin/su', arguments)
        finally:
            os._exit(99)

    def listen(self, seconds):
        """Reads what it says for at most so long; false when there is nothing more to come."""
        try:
            if select.select([self.terminal], [], [], seconds)[0]:
                more = os.read(self.terminal, 4096)
                self.said += more
                return more != b''
        except BlockingIOError:
            pass
        except OSError:  # EIO: nobody has the terminal open
            time.sleep(min(seconds, 0.005))
            return False
        return True

    @property
    def asks(self):
        return b'assword:' in self.said

    def has_ended(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid != 0:
                self.status = status
        return self.status is not None

    def type(self, password):
        try:
            os.write(self.terminal, password.encode() + b'\r')
        except OSError:
            pass

    def await_prompt(self):
        deadline = time.monotonic() + PATIENCE
        while not self.asks and not self.has_ended() and time.monotonic() < deadline:
            self.listen(0.2)

    def answer(self, password):
        """Types the password when asked; or every now and then, where no question can be seen: su may find a part of it then, since
        what was typed before it asks is thrown away."""
        deadline, quiet = time.monotonic() + PATIENCE, 0
        while not self.has_ended() and time.monotonic() < deadline:
            self.listen(0.03)
            if self.asks:
                break
            quiet += 1
            if quiet > 2 and not self.is_seen:
                self.type(password)
        self.type(password)
        return self.end(deadline)

    def end(self, deadline=None):
        deadline = deadline or time.monotonic() + PATIENCE
        while not self.has_ended() and time.monotonic() < deadline:
            self.listen(0.02)
        while self.listen(0):
            if not select.select([self.terminal], [], [], 0)[0]:
                break
        return self.result()

    def result(self):
        # Where nobody has turned the echo off yet, what was typed is to be seen too, or a part of it; and where su was about to end, right
        # behind its last word.
        said = self.said.decode(errors='replace').split('assword:')[-1]
        words = re.sub(r'(?:\b|(?<=failure))(wrong|wron|wro|wr|w|right|righ|rig|ri|r)(?=su:|\s|$)', '', said).split()
        if self.status is None:
            self.kill()
            return 'timeout'
        if os.WIFSIGNALED(self.status):
            return f'signal {os.WTERMSIG(self.status)}'
        return ' '.join([f'exit {os.WEXITSTATUS(self.status)}', *words])

    def signal(self, number):
        """False if the kernel doesn't let us, None if it is gone."""
        try:
            os.kill(self.pid, number)
            return True
        except PermissionError:
            return False
        except ProcessLookupError:
            return None

    def kill(self):
        # The module may hold it for a moment; not for longer. But a stop that was sent right before it became root takes effect
        # right behind that, when it has nothing yet: then it is root's, and stays as it is for as long as the sandbox.
        deadline = time.monotonic() + 1
        while self.signal(signal.SIGKILL) is False:
            if time.monotonic() > deadline:
                return
            time.sleep(0.0001)
        self.signal(signal.SIGCONT)
        _, self.status = os.waitpid(self.pid, 0)

    def close(self):
        if not self.has_ended():
            self.kill()
        os.close(self.terminal)


# ---- what it can do ----

def guess(condition, user, password, count):
    for _ in range(int(count)):
        su = Su(user, condition)
        print(su.answer(password), flush=True)
        su.close()


class Stops:
    """Many su at once, each stopped at a moment of its own."""

    def __init__(self, user, password, longest, held):
        self.user, self.password, self.longest, self.held = user, password, longest, held
        self.tally = {'stopped': 0, 'spared': 0, 'gone': 0, 'said': 0}
        self.waiting = []

    def run(self, count):
        for number in range(count):
            self.stop_one(number)
            while len(self.waiting) >= 40 or (self.waiting and self.waiting[0][1] <= time.monotonic()):
                self.let_go()
        while self.waiting:
            self.let_go()

    def stop_one(self, number):
        su = Su(self.user)
        moment = su.begin + random.uniform(0, self.longest / 1e6)
        has_typed = False
        while (left := moment - time.monotonic()) > 0:
            su.listen(left)
            if su.asks and not has_typed:
                su.type(self.password)
                has_typed = True
        # Reaped here, a number can't have become another process's.
        result = None if su.has_ended() else su.signal(signal.SIGSTOP)
        self.tally[{True: 'stopped', False: 'spared', None: 'gone'}[result]] += 1
        self.waiting.append((su, time.monotonic() + self.held / 1e3, number % 2 == 0, has_typed))

    def let_go(self):
        su, moment, is_continued, has_typed = self.waiting.pop(0)
        time.sleep(max(0, moment - time.monotonic()))
        if is_continued:
            su.signal(signal.SIGCONT)
            su.end(time.monotonic() + 5) if has_typed else su.answer(self.password)
        else:
            su.listen(0)
        if b'failure' in su.said:
            self.tally['said'] += 1
        su.close()


def stop(count, user, password, longest, held):
    stops = Stops(user, password, int(longest), int(held))
    stops.run(int(count))
    print(*[f'{name} {number}' for name, number in stops.tally.items()])


class Torment:
    """One su, and what is done to it."""

    FATES = ('kill', 'continue', 'end', 'again', 'none')

    def __init__(self, user, password, longest, held):
        self.su, self.password, self.has_typed, self.done = Su(user), password, False, collections.Counter()
        fate = random.choice(self.FATES)
        moment = self.su.begin + random.uniform(0, longest / 1e6)
        later = moment + random.uniform(0, held / 1e3)
        self.plan = {
            'kill': [(moment, signal.SIGKILL)],
            'continue': [(moment, signal.SIGSTOP), (later, signal.SIGCONT)],
            'end': [(moment, signal.SIGSTOP), (later, signal.SIGKILL)],
            'again': sorted((moment + random.uniform(0, 0.02), number) for number in (signal.SIGSTOP, signal.SIGCONT) * 8),
            'none': [],
        }[fate]
        if fate == 'again':
            self.plan.append((later, signal.SIGCONT))
        self.last = later + 1

    def step(self):
        """True if it has come to its end."""
        self.su.listen(0)
        if self.su.asks and not self.has_typed:
            self.su.type(self.password)
            self.has_typed = True
        while self.plan and self.plan[0][0] <= time.monotonic() and not self.su.has_ended():
            _, number = self.plan.pop(0)
            self.note(number, self.su.signal(number))
        return self.su.has_ended() or self.is_stuck()

    def is_stuck(self):
        """A stop that took effect right behind the moment when su became root: see kill()."""
        if self.plan or time.monotonic() < self.last:
            return False
        self.last = time.monotonic() + 0.5
        with open(f'/proc/{self.su.pid}/stat', encoding='ascii', errors='replace') as file:
            is_stopped = file.read().rsplit(')', 1)[1].split()[0] == 'T'
        if is_stopped and self.su.signal(signal.SIGCONT) is False:
            self.done['stuck'] += 1
            return True
        return False

    def note(self, number, result):
        name = {signal.SIGSTOP: 'stopped', signal.SIGKILL: 'killed'}.get(number)
        if name:
            self.done[name if result else 'gone' if result is None else 'spared'] += 1


def torment(count, user, password, longest, held):
    every = [Torment(user, password, int(longest), int(held)) for _ in range(int(count))]
    rest, deadline = every, time.monotonic() + 60
    while rest and time.monotonic() < deadline:
        rest = [one for one in rest if not one.step()]
        time.sleep(0.0005)
    done = sum((one.done for one in every), collections.Counter())
    said = sum(b'failure' in one.su.said for one in every)
    for one in every:
        one.su.close()
    print(*[f'{name} {done[name]}' for name in ('stopped', 'killed', 'spared', 'gone', 'stuck')], 'said', said, 'left', len(rest))


class Prompts:
    """Many su that wait for their password, the oldest first."""

    def __init__(self, user):
        self.user, self.open = user, []

    def obey(self, line):
        word, count, *rest = line.split()
        getattr(self, 'do_' + word)(int(count), *rest)

    def do_open(self, count):
        new = [Su(self.user) for _ in range(count)]
        for su in new:
            su.await_prompt()
        self.open += new
        print('opened', sum(su.asks for su in new), flush=True)

    def do_type(self, count, password):
        for su in self.open[-count:]:
            su.type(password)
        print('typed', count, flush=True)

    def do_answer(self, count, password):
        for su in self.open[:count]:
            su.type(password)
        self.report(count, 'answered')

    def do_await(self, count):
        self.report(count, 'ended')

    def report(self, count, word):
        for su in self.take(count):
            print(su.end(), flush=True)
            su.close()
        print(word, count, flush=True)

    def do_stop(self, count):
        done = [self.stop(su) for su in self.open[-count:]]
        print('stopped', done.count(True), flush=True)

    @staticmethod
    def stop(su):
        # Its slot may say that it was let on a moment before it is its caller's again.
        deadline = time.monotonic() + PATIENCE
        while not su.has_ended() and time.monotonic() < deadline:
            if (result := su.signal(signal.SIGSTOP)) is not False:
                return result
            time.sleep(0.001)
        return None

    def do_cont(self, count):
        done = [su.signal(signal.SIGCONT) for su in self.open[:count]]
        print('continued', done.count(True), flush=True)

    def do_kill(self, count):
        for su in self.take(count):
            su.close()
        print('killed', count, flush=True)

    def take(self, count):
        taken, self.open = self.open[:count], self.open[count:]
        return taken


def prompts(user):
    every = Prompts(user)
    for line in sys.stdin:
        every.obey(line)
    every.do_kill(len(every.open))


def main():
    # Not to be left behind by a test that is ended.
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    try:
        {'guess': guess, 'stop': stop, 'torment': torment, 'prompts': prompts}[sys.argv[1]](*sys.argv[2:])
    except (KeyError, IndexError, TypeError) as error:
        sys.exit(f'suclient.py: {error!r}\n{__doc__}')


if __name__ == '__main__':
    main()
