internal import Text

@testable internal import Policy

/// A command, filled in with what it was read from.
func fuzz(_ input: [UInt8]) {
  // No line with a NUL is read.
  guard !input.contains(0) else { return }
  do throws(SyntaxError) {
    guard let command = try Command.parse(input[...]) else {
      return expect(input.allSatisfy { $0 == 32 || 9...13 ~= $0 }, "only blanks are no command")
    }
    check(command, input)
  } catch {
    expect([error], liesIn: input)
  }
}

private func check(_ command: Command, _ input: [UInt8]) {
  expect(command.arguments.first?.first == UInt8(ascii: "/"), "the program is an absolute path")
  expect(isHarmless(command.text.bytes), "a command is shown harmlessly")
  checkRereading(of: command)
  let (name, half) = (Name(input), Name(input[(input.count / 2)...]))
  let hosts: [Host?] = [nil, Host(input[...]), .name("-"), .address(.v4(1))]
  for (host, user) in zip(hosts, [nil, name, half, "-rf"] as [Name?]) {
    checkFilling(of: command, host, user)
  }
}

/// Writes each argument in brackets, and each byte of it behind a backslash.
private func checkRereading(of command: Command) {
  var text: [UInt8] = []
  for argument in command.template {
    text.append(UInt8(ascii: "["))
    for segment in argument {
      switch segment {
      case .literal(let bytes): for byte in bytes { text += [UInt8(ascii: "\\"), byte] }
      case .host: text += Text("%h").bytes
      case .user: text += Text("%u").bytes
      case .service: text += Text("%s").bytes
      }
    }
    text.append(UInt8(ascii: "]"))
  }
  let again = try? Command.parse(text[...])
  expect(again == command, "a command reads as it is written")
}

private func checkFilling(of command: Command, _ host: Host?, _ user: Name?) {
  var values = [[], user?.bytes ?? []]
  // A host that is a name is as good as none.
  if case .address(let address)? = host { values[0] = address.text.bytes }
  let arguments = command.arguments(for: host, user: user, service: "sshd")
  expect(
    arguments != nil || values.contains { $0.isEmpty || $0.first == UInt8(ascii: "-") },
    "only a value that would be an option keeps a command from running")
  guard let arguments else { return }
  expect(arguments.count == command.template.count, "no value makes or takes an argument")
  expect(arguments.first == command.arguments.first, "no value changes the program")
  for (argument, segments) in zip(arguments, command.template) {
    expect(!argument.contains(0), "no argument has a NUL")
    var most = 0
    for segment in segments {
      if case .literal(let bytes) = segment { most += bytes.count } else { most += 255 }
    }
    expect(argument.count <= most, "a value is cut at 255 bytes")
    guard let first = segments.first, !first.isLiteral else { continue }
    expect(argument.first != UInt8(ascii: "-"), "no value becomes an option")
  }
}
