import Foundation
import Testing

extension Trait where Self == ConditionTrait {
  /// The tests are the API's clients: abld lets root alone do all that there is.
  static var asRoot: Self { .enabled(if: geteuid() == 0, "needs root, which may ask for all") }
}
