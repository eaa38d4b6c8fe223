// swift-tools-version: 6.2
import PackageDescription

let core: [SwiftSetting] = [
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

let tests: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .treatAllWarnings(as: .error),
]

// pam_abl.so itself is made by pam/build: Embedded Swift may link the object of one module only.
// Here its modules are compiled once more, as ordinary Swift, for the tests and for ablctl.
let package = Package(
  name: "abl",
  products: [
    .executable(name: "ablctl", targets: ["ablctl"])
  ],
  dependencies: [
    // ablctl's commands, help, completions and man pages from one declaration. The module needs no package.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    .systemLibrary(name: "CSystem"),
    .systemLibrary(name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"])]),
    .target(name: "Text", swiftSettings: core),
    .target(name: "Platform", dependencies: ["CSystem", "Text"], swiftSettings: core),
    .target(name: "LMDB", dependencies: ["CLMDB", "Text"], swiftSettings: core),
    .target(name: "Policy", dependencies: ["Text"], swiftSettings: core),
    .target(name: "BlockList", dependencies: ["Policy", "LMDB", "Platform", "Text"], swiftSettings: core),
    .executableTarget(
      name: "ablctl",
      dependencies: [
        "BlockList", "Policy", "Platform", "Text", "CSystem",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: core),
    .target(name: "Harness", path: "Tests/Harness", swiftSettings: tests),
    .testTarget(name: "ConfTests", dependencies: ["Harness", "Policy"], swiftSettings: tests),
    .testTarget(name: "SSHTests", dependencies: ["Harness"], swiftSettings: tests),
    .testTarget(name: "HostileTests", dependencies: ["Harness"], swiftSettings: tests),
    .testTarget(name: "CrashTests", dependencies: ["Harness"], path: "Tests/Crash", swiftSettings: tests),
    .testTarget(name: "AppsTests", dependencies: ["Harness"], swiftSettings: tests),
    .testTarget(name: "PAMTests", dependencies: ["Harness"], swiftSettings: tests),
    .testTarget(name: "ComplianceTests", dependencies: ["Harness"], swiftSettings: tests),
    .testTarget(name: "PolicyTests", dependencies: ["Harness", "Policy", "Text"], swiftSettings: tests),
    .testTarget(name: "TextTests", dependencies: ["Text"], swiftSettings: tests),
    .testTarget(
      name: "PlatformTests", dependencies: ["Harness", "Platform", "CSystem", "Text"],
      swiftSettings: tests),
    .testTarget(name: "LMDBTests", dependencies: ["Harness", "LMDB", "Text"], swiftSettings: tests),
    .testTarget(
      name: "BlockListTests",
      dependencies: ["Harness", "BlockList", "Policy", "Platform", "LMDB", "Text"],
      swiftSettings: tests),
    .testTarget(name: "AblctlTests", dependencies: ["ablctl", "BlockList", "Platform", "Policy"], swiftSettings: tests),
  ],
  swiftLanguageModes: [.v6]
)
