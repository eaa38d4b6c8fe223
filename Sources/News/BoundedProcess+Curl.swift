extension BoundedProcess.Ending {
  /// Why curl(1) has no answer, by its exit status.
  ///
  /// - Parameter longest: how many bytes an answer may have.
  public func reasonOfCurl(longest: Int) -> String {
    switch self {
    case .exited(6): "cannot find the server"
    case .exited(7): "cannot connect"
    case .exited(28), .tooLate: "no answer in time"
    case .exited(35), .exited(60): "its certificate can't be trusted"
    case .exited(63), .talkative: "an answer of more than \(longest) bytes"
    case .exited(127): "the program curl is missing"
    default: "curl: \(text)"
    }
  }
}
