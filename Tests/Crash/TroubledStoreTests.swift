import Harness
import Testing

@Suite(
  "A troubled store", .serialized,
  .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct TroubledStoreTests {
  /// Guest is blocked, and target isn't.
  private static let script = """
    install_abl "$ABL_BUILD" 'user_rule = *:3/1h' 'max_size = 1M' \\
      'db_home = \(Trouble.store)' 'run_home = \(Trouble.run)'
    protect requisite testcheck libpam
    S=\(Trouble.store) R=\(Trouble.run) F=\(Trouble.file)
    fill() { dd if=/dev/zero of="$1/filler" bs=4k status=none 2>/dev/null || true; }
    content() { find /var/lib/abl -type f -name '*data*' -exec sha256sum {} + | cut -d' ' -f1 | sort; }
    newer_schema() {
      python3 - "$F" <<'END'
    import sys
    content = open(sys.argv[1], "rb").read()
    assert b"schema\\0\\0\\0\\3" in content
    open(sys.argv[1], "r+b").write(content.replace(b"schema\\0\\0\\0\\3", b"schema\\0\\0\\0\\4"))
    END
    }
    # MDB_page and MDB_meta as they are where a pointer and a page's number have four bytes.
    of_32_bits() {
      python3 - "$F" <<'END'
    import struct, sys
    tree = lambda pad, flags: struct.pack("<IHHIIIII", pad, flags, 0, 0, 0, 0, 0, 0xFFFFFFFF)
    def page(number):
        meta = struct.pack("<IIII", 0xBEEFC0DE, 1, 0, 1 << 20) + tree(4096, 8) + tree(0, 0)
        meta += struct.pack("<II", 1, number)
        return (struct.pack("<IHHHH", number, 0, 8, 0, 0) + meta).ljust(4096, b"\\0")
    open(sys.argv[1], "wb").write(page(0) + page(1) + bytes(1 << 20))
    END
    }
    logins() {
      echo "right $(timeout 120 bash -c "$TRY" - target right)," \\
        "wrong $(timeout 120 bash -c "$TRY" - target wrong)," \\
        "blocked $(timeout 120 bash -c "$TRY" - guest right)"
    }
    # The failures of target: in the journal, the file `late`, and the slots of the table that aren't in the journal; or in the
    # store.
    known() {
      local waiting
      waiting=$({
        for file in $S/failures $S.old/failures $S/late; do realpath -e "$file" || true; done 2>/dev/null | sort -u |
          while read -r file; do slots "$file"; done | grep ' target$' || true
        find $R $S -type f -name 'in-flight-*' | while read -r file; do slots "$file"; done | grep '^failed ' || true
      } | wc -l)
      if [ "$waiting" != 0 ]; then echo "$waiting"; else recorded target; fi
    }
    TRY="$(declare -f try try_libpam escape wrapped 2>/dev/null); try libpam \\"\\$@\\""
    lines() {
      # The number of guest is the sandbox's own.
      syslog_lines pam_abl | sed "s/owner $(id -u guest),/owner guest,/" | sed -E 's/> .*pam_abl[^ ]* /> /; s/damaged-[0-9-]+/damaged-N/; s/(in-flight|seal)-[0-9]+(-[0-9a-f]{8})?/\\1-N/g; s/bad-[0-9]+/bad-N/' |
        sort | uniq -c | sed 's/^ *//'
    }
    for i in 1 2 3; do try libpam guest wrong; done >/dev/null
    for i in 1 2; do try libpam target wrong; done >/dev/null
    forget_syslog
    T=$(echo $R/in-flight-*) E=$(echo $R/seal-*)

    """

  @Test("what logins return, what is logged, and that nothing is deleted", arguments: Trouble.all)
  func rows(_ trouble: Trouble) throws {
    let run = try Sandbox.run(
      Self.script + """
        \(trouble.script)
        content >"$ABL_TEST_DIR/before"
        logins
        lines
        content | comm -13 - "$ABL_TEST_DIR/before" | sed 's/.*/gone: &/'
        known
        """)
    #expect(run.lines.first == trouble.answers, "\(run)")
    #expect(run.lines.last == "\(trouble.known)", "\(run)")
    let log = run.lines.dropFirst().dropLast().filter { !$0.hasPrefix("gone: ") }
    #expect(log == trouble.log, "\(run)")
    #expect(trouble.isUsed || log.count == run.lines.count - 2, "\(run)")
    print("\(trouble.testDescription): \(run.lines[0])\n    \(log.joined(separator: "\n    "))")
  }

  @Test("a failure isn't lost if the table goes while it is judged, and there is no other")
  func tableGoes() throws {
    let run = try Sandbox.run(
      Self.script + """
        printf '#!/bin/sh\\nrm %s; mkfifo %s\\n' $T $T >"$ABL_SUPPORT/swap"
        chmod 755 "$ABL_SUPPORT/swap"
        # Between the judge and the verdict.
        sed -i "/^account/i auth optional pam_exec.so $ABL_SUPPORT/swap" /etc/pam.d/libpam
        try libpam target wrong
        lines
        known
        rm $T
        recorded target
        standing -U target
        """)
    let why = "owner 0, it is no ordinary file or directory; it must be root's"
    let line =
      "1 <err> cannot settle an attempt: cannot trust '\(Trouble.table)': "
      + "\(why) and nobody else may write to it"
    #expect(run.lines == ["denied", line, "3", "3", "blocked"], "\(run)")
  }

  @Test(
    "on a full disk who is blocked stays so, and what fails meanwhile is written when there's room",
    arguments: [true, false])
  func fullDisk(withJournal: Bool) throws {
    // A journal has all its room from the beginning; in a copy of it with holes nothing can be
    // written.
    let (size, sparse) = withJournal ? ("4600k", "never") : ("400k", "always")
    let run = try Sandbox.run(
      Self.script + """
        mv $S $S.old
        mkdir -m 700 $S
        mount -t tmpfs -o size=\(size),mode=700 tmpfs $S
        cp -a --sparse=always $S.old/* $S/
        cp -a --sparse=\(sparse) $S.old/failures $S/
        fill $S
        for i in {1..40}; do try libpam "$(printf '%0200d' "$i")" wrong; done | sort | uniq -c
        logins
        # Whether it is the first write that fails, or the middle of one.
        lines | sed -E 's/^[0-9]+ //; s/No space left on device/the disk is full, or has failed/'
        rm $S/filler
        forget_syslog
        logins
        ablctl list users --json | grep -c '"name":"0.*"failures":1,'
        recorded target
        """)
    let full = "the disk is full, or has failed"
    let journal = "<err> failures take longer: cannot write '\(Trouble.store)/failures': \(full)"
    let refused =
      "<notice> refusing user 'guest' from here for libpam: user 'guest' is blocked by *:3/1h"
    #expect(
      run.lines.map { $0.trimmingCharacters(in: .whitespaces) } == [
        "40 denied", "right ok, wrong denied, blocked denied",
      ] + (withJournal ? [] : [journal]) + [
        "<err> failures wait for the store: cannot use '\(Trouble.file)': \(full)", refused,
        // That was the third wrong one of target.
        "right denied, wrong denied, blocked denied", "40", "3",
      ], "\(run)")
  }

  @Test(
    "where the disk may only be read who is blocked stays so, and who fails is counted meanwhile"
  )
  func readOnly() throws {
    let run = try Sandbox.run(
      Self.script + """
        mount --bind $S $S
        mount -o remount,ro,bind $S
        logins
        logins
        lines
        ablctl list users --quiet --blocked
        umount $S
        forget_syslog
        logins
        recorded target
        """)
    let refused = ["guest", "target"].map {
      "2 <notice> refusing user '\($0)' from here for libpam: user '\($0)' is blocked by *:3/1h"
    }
    let why = "cannot use '\(Trouble.file)': Read-only file system"
    #expect(
      run.lines == [
        // The wrong one was the third of target.
        "right ok, wrong denied, blocked denied", "right denied, wrong denied, blocked denied",
        "1 <err> failures take longer: cannot open '\(Trouble.journal)': Read-only file system",
        "5 <err> failures wait for the store: \(why)",
      ] + refused + ["guest", "target", "right denied, wrong denied, blocked denied", "3"],
      "\(run)")
  }

  @Test(
    "where there is no room for a first store, the stack decides, and counts from when there is")
  func fullDiskAtFirst() throws {
    let run = try Sandbox.run(
      Self.script + """
        # The last failures aren't in the store only.
        ablctl unblock --all >/dev/null
        mv $S $S.old
        mkdir -m 700 $S
        mount -t tmpfs -o size=64k,mode=700 tmpfs $S
        fill $S
        logins
        lines
        rm $S/filler
        logins
        recorded target
        """)
    let full = "No space left on device"
    let answers = "right ok, wrong denied, blocked ok"
    #expect(
      run.lines == [
        answers,
        "1 <err> failures take longer: cannot resize '\(Trouble.store)/failures': \(full)",
        "1 <err> failures wait for the store: cannot use '\(Trouble.file).new': \(full)",
        answers, "2",
      ], "\(run)")
  }
}
