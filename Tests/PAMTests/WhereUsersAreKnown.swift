import Foundation
import Testing

extension Trait where Self == ConditionTrait {
  /// Of an ordinary program's logins nothing is remembered.
  static var whereUsersAreKnown: Self {
    .enabled(if: geteuid() == 0, "needs root: only its programs say where a user is known")
  }
}
