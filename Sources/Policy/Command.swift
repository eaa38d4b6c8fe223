public import Text

/// A program to run, and its arguments; no shell is involved.
public struct Command: Equatable, Sendable {
  /// A part of an argument.
  enum Segment: Equatable, Sendable {
    case literal([UInt8])
    case host, user, service
  }

  /// The program first. It is an absolute path without placeholders.
  var template: [[Segment]]

  /// The arguments before anything is filled in: as written, without brackets and escapes.
  public var arguments: [[UInt8]] {
    template.map { argument in
      argument.flatMap { segment in
        switch segment {
        case .literal(let bytes): bytes
        case .host: [UInt8(ascii: "%"), UInt8(ascii: "h")]
        case .user: [UInt8(ascii: "%"), UInt8(ascii: "u")]
        case .service: [UInt8(ascii: "%"), UInt8(ascii: "s")]
        }
      }
    }
  }

  /// Whether it may be run for `subject`: for a host only if that is an address.
  ///
  /// A host that is a name was named by a stranger: its DNS may say one address when it is counted
  /// and another, of somebody else, when a firewall asks.
  public func isAllowed(for subject: Subject) -> Bool {
    if case .host(.name) = subject { false } else { true }
  }

  /// The arguments, filled in; what isn't known is empty, and so is a host that is a name; what is
  /// long is cut to 255 bytes.
  ///
  /// An attacker chooses the values. They are never split, but one that begins with
  /// `-` would be an option: if it stands first in an argument, the answer is nil, and the command
  /// mustn't run.
  public func arguments(for host: Host?, user: Name?, service: Name?) -> [[UInt8]]? {
    var arguments: [[UInt8]] = []
    for segments in template {
      var argument: [UInt8] = []
      for segment in segments {
        let value =
          switch segment {
          case .literal(let bytes): bytes
          case .host: host?.addressBytes ?? []
          case .user: user?.bytes ?? []
          case .service: service?.bytes ?? []
          }
        argument += value.prefix(segment.isLiteral ? value.count : 255)
      }
      guard segments.first?.isLiteral ?? true || argument.first != UInt8(ascii: "-") else {
        return nil
      }
      arguments.append(argument)
    }
    return arguments
  }
}

extension Host {
  /// The address as it is written; nil of a name.
  fileprivate var addressBytes: [UInt8]? {
    switch self {
    case .address(let address): address.text.bytes
    case .network(let network): network.text.bytes
    case .name: nil
    }
  }
}

extension Command.Segment {
  var isLiteral: Bool {
    if case .literal = self { true } else { false }
  }
}

extension Command {
  /// Which program it is, for messages.
  public var text: Text {
    guard case .literal(let path)? = template.first?.first else { return "" }
    return Name(path).escaped
  }
}
