internal import BlockList
internal import Platform
internal import Policy
internal import Upkeep

/// The lines of a machine's stacks that are on trial.
struct TrialLines {
  private let files: MachineFiles

  init(_ files: MachineFiles) { self.files = files }

  struct Trial {
    let service: String
    let place: StackPlace
    let end: TrialEnd
  }

  /// In the order of their services.
  var all: [Trial] {
    files.stackNames.flatMap { service -> [Trial] in
      guard let (path, text) = files.stack(service) else { return [] }
      return StackText.entries(of: text).compactMap { number, entry in
        guard case .module(let module) = entry, module.isOurs, let end = module.trial else {
          return nil
        }
        return Trial(service: service, place: StackPlace(file: path, line: number), end: end)
      }
    }
  }

  /// Puts a line into the stack of `service`, in front of what judges; one that is on trial there goes.
  ///
  /// - Parameter words: behind the module.
  func start(_ service: String, _ end: TrialEnd, words: [[UInt8]]) throws {
    let path = try self.path(of: service)
    let stack = Stack(service) { files.stack($0) }
    let ours = stack.lines(.auth).first { $0.module.isOurs && $0.module.trial == nil }
    if let ours {
      throw Failure(message: "abl is on in \(service.harmless) already: \(ours.place.text)")
    }
    let isCounted = stack.lines(.auth).contains { KnownModules.counters.contains($0.module.name) }
    let control = isCounted ? "requisite" : "required"
    let line = [Array("auth \(control) pam_abl.so".utf8)] + words + [end.word]
    try StackFile(files.path(path)).edit { edit in
      for number in edit.trials.reversed() { edit.remove(number) }
      let place = edit.place { !Stack($0) { files.stack($0) }.lines(.auth).isEmpty }
      guard place != nil else {
        throw Failure(message: "\(path.harmless) has no line that asks for a password")
      }
      edit.insert(Array(line.joined(separator: [UInt8(ascii: " ")])), before: place)
      return true
    }
  }

  /// Where the stack of a service is that may be changed.
  private func path(of service: String) throws -> String {
    guard !service.contains("/"), let (path, _) = files.stack(service) else {
      throw Failure(message: "there is no service \(service.quotedName) in /etc/pam.d")
    }
    guard path.hasPrefix("/etc/pam.d/") else {
      throw Failure(
        message: "\(path.harmless) is the system's own: copy it to /etc/pam.d, and begin anew")
    }
    return path
  }

  /// Makes the lines stay that are on trial, and takes those out that are over.
  ///
  /// - Returns: those that stay.
  func keep() throws -> [Trial] {
    let trials = all
    for path in Set(trials.map { $0.place.file }) {
      try StackFile(files.path(path)).edit { edit in
        for number in edit.trials.reversed() {
          if edit.isOver(number) { edit.remove(number) } else { edit.settle(number) }
        }
        return true
      }
    }
    return trials.filter { $0.end.left != nil }
  }

  /// Takes the lines out.
  ///
  /// - Parameter onlyOver: leaves those that go on.
  /// - Returns: which.
  func stop(onlyOver: Bool = false) throws -> [Trial] {
    let trials = all.filter { !onlyOver || $0.end.left == nil }
    for path in Set(trials.map { $0.place.file }) {
      try StackFile(files.path(path)).edit { edit in
        for number in edit.trials.reversed() where !onlyOver || edit.isOver(number) {
          edit.remove(number)
        }
        return true
      }
    }
    return trials
  }
}

extension StackEdit {
  /// Whether the trial of a line is over.
  fileprivate func isOver(_ number: Int) -> Bool {
    let entry = StackText.entries(of: lines[number - 1]).first?.entry
    guard case .module(let module) = entry else { return false }
    return module.isOver
  }
}
