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
    .executable(name: "ablctl", targets: ["ablctl"]),
    .executable(name: "abld", targets: ["abld"]),
    .executable(name: "abl-courier", targets: ["abl-courier"]),
  ],
  dependencies: [
    // ablctl's commands, help, completions and man pages from one declaration. The module needs no package.
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    // HTTP/1.1 at a socket of Unix: what a stranger's bytes meet first is a parser that many use and
    // fuzz, and one slow client holds up no other.
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    // abld's messages, as its services' libraries have them too.
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    // abld's services begin and end in order, and signals are told to them as the ecosystem does it:
    // what else is served beside the firewall is added to one list.
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
  ],
  targets: [
    // Its module is CSystem. A target of swift-system has that name, and a name may be given once.
    .systemLibrary(name: "CLibc", path: "Sources/CSystem"),
    // libpam as a program asks it, for `ablctl doctor --try`; loaded only then.
    .systemLibrary(name: "CPAMClient", providers: [.apt(["libpam0g-dev"])]),
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"])]),
    .target(name: "Text", swiftSettings: core),
    .target(name: "Platform", dependencies: ["CLibc", "Text"], swiftSettings: core),
    .target(name: "LMDBFile", dependencies: ["Text"], swiftSettings: core),
    .target(name: "LMDB", dependencies: ["CLMDB", "LMDBFile", "Text"], swiftSettings: core),
    .target(name: "Policy", dependencies: ["Text"], swiftSettings: core),
    .target(name: "BlockList", dependencies: ["Policy", "LMDB", "LMDBFile", "Platform", "Text"], swiftSettings: core),
    // What no login runs: for administrators, and what carries blocks further. The module is built without it.
    .target(name: "Upkeep", dependencies: ["BlockList", "Policy", "LMDB", "Platform", "Text"], swiftSettings: core),
    // What the ancestor says and has; what ablctl does with it is in Administration.
    .target(name: "PamAbl", dependencies: ["BlockList", "Policy", "Platform", "Text", "Upkeep"], swiftSettings: core),
    .target(name: "Firewall", dependencies: ["Policy", "Text", "CLinux"], swiftSettings: core),
    .target(name: "DenyList", dependencies: ["Firewall", "Policy", "Text"], swiftSettings: core),
    .target(name: "Sharing", dependencies: ["Policy", "Text"], swiftSettings: core),
    .target(name: "Orders", dependencies: ["Sharing", "Policy", "Platform", "Text", "CLibc"], swiftSettings: core),
    .systemLibrary(name: "CSockets"),
    // MQTT 5 over TLS for abl-courier alone. Debian keeps it and its libssl patched; it needs no other library.
    .systemLibrary(name: "CMosquitto", pkgConfig: "libmosquitto", providers: [.apt(["libmosquitto-dev"])]),
    .target(name: "Courier", dependencies: ["Sharing", "CSockets"], swiftSettings: core),
    // What abl-courier carries to people, beside the fleet's: it reads abld's events, and decides nothing.
    .systemLibrary(name: "CNews"),
    .target(name: "News", dependencies: ["CNews", "CSockets", "Policy", "Text"], swiftSettings: core),
    .target(name: "Hooks", dependencies: ["News"], swiftSettings: core),
    .target(name: "Notices", dependencies: ["News"], swiftSettings: core),
    .target(name: "Reports", dependencies: ["News", "Notices"], swiftSettings: core),
    .target(name: "CrowdSec", dependencies: ["News", "Policy", "Sharing"], swiftSettings: core),
    .target(name: "SharingMQTT", dependencies: ["Sharing", "CMosquitto"], swiftSettings: core),
    .executableTarget(
      name: "abl-courier",
      dependencies: ["Courier", "CrowdSec", "Hooks", "News", "Notices", "Reports", "Sharing", "SharingMQTT"], swiftSettings: core),
    .target(
      name: "Administration",
      dependencies: [
        "BlockList", "Courier", "Daemon", "Firewall", "Orders", "PamAbl", "Policy", "Platform", "Sharing", "Text", "Upkeep",
        "CLibc", "CPAMClient",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: core),
    .target(
      name: "LocalAPI",
      dependencies: [
        "Administration", "BlockList", "Policy", "Platform", "Text", "Upkeep", "CLinux",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: core),
    .target(
      name: "Daemon",
      dependencies: [
        "DenyList", "Firewall", "BlockList", "Courier", "LMDB", "Orders", "Policy", "Platform", "Sharing", "Text", "Upkeep",
        "CLinux",
      ],
      swiftSettings: core),
    .executableTarget(
      name: "abld",
      dependencies: [
        "Daemon", "Firewall", "LocalAPI", "Policy", "Platform", "Text", "CLinux",
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: core),
    .executableTarget(name: "ablctl", dependencies: ["Administration"], swiftSettings: core),
    .target(name: "Harness", path: "Tests/Harness", swiftSettings: tests),
    .testTarget(name: "ConfTests", dependencies: ["Harness", "Policy"], swiftSettings: tests),
    .testTarget(name: "SSHTests", dependencies: ["Harness", "storetool"], swiftSettings: tests),
    .testTarget(name: "HostileTests", dependencies: ["Harness", "storetool"], swiftSettings: tests),
    // What fixtures in C and shell ask about a store's files.
    .executableTarget(
      name: "storetool", dependencies: ["BlockList", "Policy", "Platform", "Text"], path: "Tests/StoreTool",
      swiftSettings: tests),
    .testTarget(name: "CrashTests", dependencies: ["Harness", "storetool", "fleetwriter"], path: "Tests/Crash", swiftSettings: tests),
    // What abld writes of a fleet, beside a store that is tormented.
    .executableTarget(
      name: "fleetwriter", dependencies: ["BlockList", "Daemon", "Platform", "Policy", "Sharing", "Text"],
      path: "Tests/FleetWriter", swiftSettings: tests),
    .testTarget(name: "AppsTests", dependencies: ["Harness"], swiftSettings: tests),
    .testTarget(name: "PAMTests", dependencies: ["Harness"], swiftSettings: tests),
    .testTarget(name: "ComplianceTests", dependencies: ["Harness"], swiftSettings: tests),
    .testTarget(name: "PolicyTests", dependencies: ["Harness", "Policy", "Text"], swiftSettings: tests),
    // A stand-in for abld, for tests of the courier.
    .executableTarget(
      name: "fleetpeer", dependencies: ["Courier", "Sharing", "Policy"], path: "Tests/FleetPeer",
      swiftSettings: tests),
    // Many machines that report, for one that is cut off.
    .executableTarget(
      name: "fleetswarm", dependencies: ["CMosquitto", "Sharing", "Policy"], path: "Tests/FleetSwarm",
      swiftSettings: tests),
    .testTarget(
      name: "FleetTests",
      dependencies: [
        "Harness", "abl-courier", "abld", "fleetpeer", "fleetswarm", "ablctl", "Courier", "Daemon", "Firewall", "Sharing",
        "Orders", "BlockList", "Policy", "Platform", "Text", "Upkeep",
      ],
      swiftSettings: tests),
    .executableTarget(
      name: "fleetbench", dependencies: ["Sharing", "Policy"], path: "Tests/Benchmarks/Fleet", swiftSettings: tests),
    .testTarget(
      name: "HeraldTests",
      dependencies: [
        "Harness", "BlockList", "Platform", "Policy", "Upkeep", "News", "Hooks", "Notices", "Reports", "abl-courier",
        "abld", "ablctl",
      ],
      swiftSettings: tests),
    .testTarget(name: "CourierTests", dependencies: ["Harness", "Courier", "Sharing"], swiftSettings: tests),
    .testTarget(name: "CrowdSecTests", dependencies: ["Harness", "CrowdSec", "News", "Sharing"], swiftSettings: tests),
    .testTarget(name: "OrdersTests", dependencies: ["Harness", "Orders", "Sharing"], swiftSettings: tests),
    .testTarget(name: "SharingTests", dependencies: ["Harness", "Sharing", "Policy"], swiftSettings: tests),
    .testTarget(name: "TextTests", dependencies: ["Text"], swiftSettings: tests),
    .testTarget(
      name: "PlatformTests", dependencies: ["Harness", "Platform", "CLibc", "Text"],
      swiftSettings: tests),
    .testTarget(name: "LMDBTests", dependencies: ["Harness", "LMDB", "LMDBFile", "Text"], swiftSettings: tests),
    .testTarget(
      name: "BlockListTests",
      dependencies: ["Harness", "BlockList", "Policy", "Platform", "LMDB", "Text", "Upkeep"],
      swiftSettings: tests),
    .testTarget(
      name: "AblctlTests",
      dependencies: ["Harness", "Administration", "BlockList", "Daemon", "PamAbl", "Platform", "Policy", "Text", "Upkeep"],
      swiftSettings: tests),
    .executableTarget(
      name: "api-serve",
      dependencies: [
        "Firewall", "LocalAPI", "Platform",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      path: "Tests/APIServe", swiftSettings: tests),
    .testTarget(
      name: "LocalAPITests",
      dependencies: [
        "Harness", "LocalAPI", "Administration", "BlockList", "Platform", "Policy", "Text", "Upkeep",
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: tests),
    .testTarget(
      name: "FirewallTests",
      dependencies: [
        "Harness", "DenyList", "Firewall", "Daemon", "BlockList", "Policy", "Platform", "Sharing", "Text", "Upkeep", "abld",
      ],
      swiftSettings: tests),
  ],
  swiftLanguageModes: [.v6]
)
