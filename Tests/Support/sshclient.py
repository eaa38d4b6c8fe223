#!/usr/bin/python3
"""sshclient.py: a scripted ssh client with every habit, good and bad (needs paramiko).

usage: sshclient.py [--parallel N] HOST PORT SRC STEP...

SRC is the address to connect from (127.0.0.x), or '-'; several, with ',' between, are of one connection after the other. In users and passwords %XX is a byte.

  pw:U:P           method password                        none:U           method none
  kbd:U:P          keyboard-interactive, P to every prompt pk:U:KEYFILE     method publickey
  kbdhold:U:SECS   opens the prompt, answers '' after SECS
  kbdtype:U:P:SECS opens the prompt, answers P after SECS; for SECS see wait
  kbdclose:U:SECS  opens the prompt, hangs up after SECS
  kbdrst:U:P:SECS  answers P, resets the connection SECS later; for SECS see wait
  pwasync:U:P      sends the password and does not wait for the answer
  wait:S           run:CMD     close     rst (reset, no goodbye)
                   S is how many seconds; or a file: until a moment after something stands in it

One line per step, `STEP RESULT TIME [MORE]`; with --parallel N (N connections, which begin their steps together)
the number of the connection stands before it. An authentication's RESULT is
  ok | denied | partial (more methods are needed) | refused (the server does not offer the method) | closed | timeout

Exit status: 0 if the last authentication (of every connection) was ok, else 1; 2 no connection; 64 usage.

  sshclient.py 127.0.0.1 48122 127.0.0.5 pw:guest:wrong kbd:guest:open-sesame run:id
"""
import argparse
import logging
import os
import socket
import struct
import sys
import threading
import time
from urllib.parse import unquote_to_bytes

import paramiko

PATIENCE = 200  # seconds: longer than a grace time that is to end, or a held prompt, in any test
# Until the kernels have made the connection: no program's slowness is in that.
CONNECT_PATIENCE = float(os.environ.get('ABL_CONNECT_PATIENCE', PATIENCE))
AUTHENTICATIONS = {'pw', 'kbd', 'none', 'pk', 'kbdhold', 'kbdtype', 'kbdclose', 'kbdrst'}
ARGUMENTS = {'pw': 2, 'kbd': 2, 'none': 1, 'pk': 2, 'kbdhold': 2, 'kbdtype': 3, 'kbdclose': 2, 'kbdrst': 3, 'pwasync': 2,
             'wait': 1, 'run': 1, 'close': 0, 'rst': 0}


class Client:
    """One connection and what happens on it."""

    def __init__(self, options, number, label):
        self.label = label
        self.last_authentication = None
        sources = options.source.split(',')
        source = (sources[number % len(sources)], 0) if options.source != '-' else None
        self.socket = socket.create_connection((options.host, options.port), timeout=CONNECT_PATIENCE, source_address=source)
        self.transport = paramiko.Transport(self.socket)
        self.transport.banner_timeout = self.transport.auth_timeout = PATIENCE
        # 15 s else: too few where many connections begin at once on a busy machine.
        self.transport.handshake_timeout = PATIENCE
        self.transport.start_client(timeout=PATIENCE)

    def say(self, *words):
        # One write per line: print() would let two connections mix theirs.
        sys.stdout.write(' '.join([*self.label, *words]) + '\n')
        sys.stdout.flush()

    def perform(self, step):
        name, arguments = parse(step)
        if name in AUTHENTICATIONS:
            self.authenticate(name, arguments)
        else:
            getattr(self, 'step_' + name)(*arguments)

    # -- authentication

    def authenticate(self, name, arguments):
        self.prompts = 0
        begin = time.monotonic()
        result = self.judge(lambda: getattr(self, 'auth_' + name)(*arguments))
        more = [f'prompts={self.prompts}'] if name.startswith('kbd') else []
        self.say(name, result, f'{time.monotonic() - begin:.3f}s', *more)
        self.last_authentication = result

    def judge(self, attempt):
        try:
            return 'partial' if attempt() else 'ok'
        except paramiko.BadAuthenticationType:
            return 'refused'
        except paramiko.AuthenticationException as error:
            if not self.transport.is_active():
                return 'closed'
            return 'timeout' if 'timeout' in str(error).lower() else 'denied'
        except (paramiko.SSHException, EOFError, OSError):
            return 'closed'

    def auth_pw(self, user, password):
        return self.transport.auth_password(user, password, fallback=False)

    def auth_none(self, user):
        return self.transport.auth_none(user)

    def auth_pk(self, user, file):
        return self.transport.auth_publickey(user, load_key(file.decode()))

    def auth_kbd(self, user, password):
        return self.interactive(user, password)

    def auth_kbdhold(self, user, seconds):
        return self.interactive(user, b'', before=lambda: time.sleep(float(seconds)))

    def auth_kbdtype(self, user, password, seconds):
        return self.interactive(user, password, before=lambda: pause(seconds))

    def auth_kbdclose(self, user, seconds):
        def hang_up():
            time.sleep(float(seconds))
            self.hang_up()
        return self.interactive(user, b'', before=hang_up)

    def auth_kbdrst(self, user, password, seconds):
        def reset():
            pause(seconds)
            self.step_rst(quiet=True)
        return self.interactive(user, password, before=threading.Thread(target=reset).start)

    def interactive(self, user, password, before=lambda: None):
        def answer(title, instructions, prompts):
            if prompts:
                self.prompts += len(prompts)
                before()
            return [password] * len(prompts)
        return self.transport.auth_interactive(user, answer)

    # -- everything else

    def step_pwasync(self, user, password):
        self.transport.auth_password(user, password, event=threading.Event(), fallback=False)
        self.say('pwasync', 'sent')

    def step_wait(self, seconds):
        pause(seconds)
        self.say('wait', 'ok')

    def step_run(self, command):
        try:
            channel = self.transport.open_session()
            channel.exec_command(command)
            output = channel.makefile('rb').read()
            self.say('run', 'ok', f'status={channel.recv_exit_status()}', repr(output.decode(errors='replace')))
        except (paramiko.SSHException, EOFError, OSError):
            self.say('run', 'closed')

    def step_close(self):
        self.transport.close()
        self.say('close', 'ok')

    def step_rst(self, quiet=False):
        # With a linger time of 0 the kernel answers close() with a reset instead of a goodbye.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        self.socket.close()
        if not quiet:
            self.say('rst', 'ok')

    def hang_up(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def pause(seconds):
    """So many seconds; or, for a file, until something stands in it, and who wrote that has gone on."""
    if not seconds.startswith(b'/'):
        time.sleep(float(seconds))
        return
    deadline = time.monotonic() + PATIENCE
    while os.path.getsize(seconds) == 0 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.3)


def load_key(file):
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind(filename=file)
        except paramiko.SSHException:
            continue
    raise SystemExit(f'sshclient.py: no key in {file}')


def parse(step):
    name, *rest = step.split(':', 1)
    count = ARGUMENTS.get(name)
    arguments = [] if not rest else [rest[0]] if count == 1 else rest[0].split(':')
    if count is None or len(arguments) != count:
        sys.stderr.write(f'sshclient.py: bad step {step!r}\n')
        raise SystemExit(64)
    return name, [unquote_to_bytes(argument) for argument in arguments]


def run(options, number, together, results):
    label = [str(number)] if options.parallel > 1 else []
    try:
        client = Client(options, number, label)
    except (paramiko.SSHException, EOFError, OSError) as error:
        sys.stdout.write(' '.join([*label, 'connect', 'failed', type(error).__name__]) + '\n')
        results[number] = 2
        together.abort()
        return
    try:
        together.wait()
    except threading.BrokenBarrierError:
        pass  # another connection failed; this one has no reason to
    for step in options.steps:
        client.perform(step)
    client.transport.close()
    results[number] = 0 if client.last_authentication in ('ok', None) else 1


class Options(argparse.ArgumentParser):
    def error(self, message):
        sys.stderr.write(f'sshclient.py: {message}\n{__doc__}')
        raise SystemExit(64)


def parse_options():
    parser = Options(usage=argparse.SUPPRESS, add_help=False)
    parser.add_argument('--parallel', type=int, default=1)
    parser.add_argument('host')
    parser.add_argument('port', type=int)
    parser.add_argument('source')
    parser.add_argument('steps', nargs='+')
    return parser.parse_args()


def main():
    logging.getLogger('paramiko').setLevel(logging.CRITICAL + 1)
    options = parse_options()
    for step in options.steps:
        parse(step)
    together = threading.Barrier(options.parallel)
    results = [1] * options.parallel
    threads = [threading.Thread(target=run, args=(options, number, together, results))
               for number in range(options.parallel)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return max(results)


if __name__ == '__main__':
    sys.exit(main())
