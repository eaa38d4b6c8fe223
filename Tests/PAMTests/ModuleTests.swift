import Foundation
import Harness
import Testing

@Suite("The built pam_abl.so")
struct ModuleTests {
  @Test("exports pam_sm_… only, needs libc, libpam and LMDB only, and is at most 288 KiB long")
  func promises() throws {
    let outcome = try Command(Repository.file("pam/check"), [Stack.module]).run()
    #expect(outcome.status == 0, "\(outcome)")
  }

  @Test("dlopen and dlclose, 1000 times in one process, leak nothing")
  func loading() throws {
    let load = [Stack.support("pamdrive"), "--load", "1000", "--module", Stack.module]
    let plain = try Command(load[0], Array(load.dropFirst())).run()
    #expect(plain.output == "load 1000 files +0 maps +0\n")
    let watched = try Command("valgrind", Self.valgrind + load, patience: 1200).run()
    #expect(watched.status == 0, "\(watched)")
  }

  @Test(
    "valgrind finds nothing wrong with logins that fail, pass and are refused",
    arguments: ["", "host_block=2h,3h\nuser_block=2h\n"])
  func memory(lengths: String) throws {
    let stack = try Stack("host_rule=*:2/1h\nuser_rule=*:2/1h\n" + lengths)
    let outcome = try stack.drive(
      "auth:right", "acct", "setcred", "auth:wrong", "auth:wrong", "auth:wrong", "fork{",
      "auth:wrong", "}", "end", under: ["valgrind"] + Self.valgrind)
    #expect(outcome.lines.filter { $0.hasPrefix("auth 7") }.count == 4, "\(outcome)")
    #expect(!outcome.error.contains("ERROR SUMMARY: 1"), "\(outcome)")
    #expect(outcome.status == 0, "\(outcome)")
  }

  private static let valgrind = [
    "--quiet", "--error-exitcode=99", "--leak-check=full", "--show-leak-kinds=definite,indirect",
    "--errors-for-leak-kinds=definite,indirect", "--keep-debuginfo=yes",
  ]
}
