public import Text

/// Hosts or users that are neither counted nor refused.
public struct AllowList: Equatable, Sendable {
  /// One line of the list.
  public enum Entry: Equatable, Sendable {
    case network(Network)
    /// A host by its name, in lower case.
    case host(Name)
    case user(Name)
  }

  /// In the order in which they were written.
  public var entries: [Entry]

  public init(_ entries: [Entry] = []) {
    self.entries = entries
  }

  /// Whether one of them means it.
  public func contains(_ subject: Subject) -> Bool {
    entries.contains { $0.contains(subject) }
  }
}

extension AllowList.Entry {
  /// Whether it means the subject.
  public func contains(_ subject: Subject) -> Bool {
    switch (self, subject) {
    case (.network(let network), .host(.address(let address))): network.contains(address)
    case (.network(let network), .host(.network(let other))): network.contains(other)
    case (.network(let network), .network(let other)): network.contains(other)
    case (.host(let name), .host(.name(let host))): name == host
    case (.user(let name), .user(let user)), (.user(let name), .home(let user, _)): name == user
    default: false
    }
  }

  /// The entry as it may be shown: escaped.
  public var text: Text {
    switch self {
    case .network(let network): network.text
    case .host(let name), .user(let name): name.escaped
    }
  }
}
